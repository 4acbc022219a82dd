// Chapter 0: one number in a cell with three gates, and in a plain recurrent network, over forty
// steps. The reader sets the gates, and writes a 1 into any step.
//
// Data: {steps, forget, input, output, weight}: how many steps, and where the sliders stand at first.

import { slider } from "./controls/controls.js";
import { change, drawing, html, label, onDrag, svg } from "./drawing/markup.js";
import { percent } from "./drawing/numbers.js";
import { define, Explorer, held } from "./element.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";

const [LEFT, RIGHT, TOP, BOTTOM] = [30, 284, 76, 250]; // of the plot, in units of the drawing
const ROW = 44; // where the inputs stand
const GRIP = 12; // how near to a 1 a pointer takes hold of it
const LINE = 15; // the least way between two names of curves
const CURVES = {
  cell: { name: say("cell"), stroke: "var(--green)", "stroke-width": 3 },
  shown: {
    name: say("shown"),
    stroke: "var(--green)",
    "stroke-width": 2,
    "stroke-dasharray": "5 4",
  },
  plain: { name: say("plain"), stroke: "var(--blue)", "stroke-width": 2.5 },
};

/**
 * One unit of an LSTM whose gates read nothing but their biases, so that they are the same at every
 * step. Returns what its cell holds after each input, and what of it is shown.
 */
function gatedCell(inputs, { forget, input, output }) {
  let state = 0;
  const cell = inputs.map((x) => {
    state = forget * state + input * Math.tanh(x);
    return state;
  });
  return { cell, shown: cell.map((held) => output * Math.tanh(held)) };
}

/** One unit of a plain recurrent network: its state after each input. */
function plainNetwork(inputs, weight) {
  let state = 0;
  return inputs.map((x) => {
    state = Math.tanh(x + weight * state);
    return state;
  });
}

/** Steps until half is left of what was there at `start`; Infinity if that is not seen. */
function halfLife(states, start) {
  const half = states[start] / 2;
  const found = states.findIndex((state, i) => i > start && state <= half);
  return found < 0 ? Infinity : found - start;
}

const isStill = matchMedia("(prefers-reduced-motion: reduce)");

class GatedCell extends Explorer {
  build({ steps, forget, input, output, weight }) {
    this.steps = steps;
    const factor = (label, does, note, value, max = 1) =>
      slider({
        ...{ label, note, min: 0, max, step: 0.01, value },
        format: (number) => does(number.toFixed(2)),
      });
    const keeps = (share) => say("keeps {0}", share);
    const writes = (share) => say("writes {0}", share);
    const shows = (share) => say("shows {0}", share);
    const factors = {
      forget: factor(
        ...[say("forget gate"), keeps, say("this share of the cell, from step to step"), forget],
      ),
      input: factor(
        ...[say("input gate"), writes, say("this share of what is read, into the cell"), input],
      ),
      output: factor(
        ...[say("output gate"), shows, say("this share of the cell, to those behind it"), output],
      ),
      weight: factor(
        ...[say("plain network"), keeps, say("no gates: a fixed weight of its state"), weight, 2],
      ),
    };
    const colours = ["--green", "--green", "--green", "--blue"];
    Object.values(factors).forEach(({ input }, i) => {
      input.style.accentColor = `var(${colours[i]})`;
    });
    // Below the sliders, which would move as the sentence grows.
    this.sentence = html("p", { class: "wide muted", style: "margin: 0; min-height: 4.4em" });
    const beside = html("div", {}, ...Object.values(factors).map(({ element }) => element));
    Object.assign(beside.style, { display: "grid", gap: "10px", flex: "1 1 200px" });
    const chart = this.chart();
    chart.style.flex = "1 1 310px";
    return {
      stage: [chart, beside],
      controls: [this.sentence],
      state: { ...factors, ones: held([1]) },
      hint: say("Push the forget gate to 1"),
    };
  }

  across(step) {
    return LEFT + ((RIGHT - LEFT) * (step - 1)) / (this.steps - 1);
  }

  chart() {
    const numbered = [1, ...[1, 2, 3, 4].map((quarter) => (quarter * this.steps) / 4)];
    this.zeros = Array.from({ length: this.steps }, (_, i) =>
      svg("circle", { cx: this.across(i + 1), cy: ROW, r: 1.5, fill: "var(--muted)" }),
    );
    this.ones = this.zeros.map(() =>
      svg(
        "g",
        { class: "one" },
        svg("rect", { x: -8, y: -11, width: 16, height: 22, rx: 5, fill: "var(--mark)" }),
        label(0, 5, "1", "middle", { style: "fill: var(--paper); font-weight: 700" }),
      ),
    );
    this.curves = Object.fromEntries(
      Object.entries(CURVES).map(([key, { name, ...look }]) => {
        const path = svg("path", { fill: "none", "stroke-linejoin": "round", ...look });
        const style = `fill: ${look.stroke}; font-weight: 600`;
        return [key, { name, path, end: label(RIGHT + 8, 0, "", "start", { style }) }];
      }),
    );
    this.marks = [0, 0.5, 1].map((share) =>
      label(LEFT - 6, BOTTOM - share * (BOTTOM - TOP) + 4.5, "", "end", { class: "muted" }),
    );
    const level = (y) => svg("line", { x1: LEFT, x2: RIGHT, y1: y, y2: y, stroke: "var(--line)" });
    this.half = svg(
      "g",
      { class: "glides" },
      svg("path", { stroke: "var(--muted)", "stroke-dasharray": "2 3", fill: "none" }),
      svg("circle", { r: 4.5, fill: "var(--paper)", stroke: "var(--green)", "stroke-width": 2.5 }),
      label(9, -8, say("half"), "start", { class: "muted" }),
    );
    this.row = svg(
      "g",
      {
        ...{ tabindex: 0, role: "slider", "aria-valuemin": 1, "aria-valuemax": this.steps },
        "aria-label": say(
          "inputs: arrow keys choose a step, the space bar writes a 1 there or takes it out",
        ),
      },
      svg("rect", {
        ...{ x: LEFT - 12, y: ROW - 18, width: RIGHT - LEFT + 24, height: 36, rx: 8 },
        fill: "var(--faint)",
      }),
    );
    this.cursor = svg("path", { d: "M-5,20 h10 l-5,-7 z", fill: "var(--focus)" });
    const element = drawing(
      366, // past the names of the curves, which end at 360

      290,
      say(
        "Above, what is read at each step, zeros and ones. Below, three curves over the steps: what the cell holds, what of it is shown, and the state of a plain network.",
      ),
      { role: "group" },
      label(LEFT - 12, 15, say("Tap the row to write a 1, or drag one along"), "start", {
        class: "invitation",
      }),
      this.row,
      ...this.zeros,
      label(RIGHT + 20, ROW + 4.5, say("is read"), "start", { class: "muted" }),
      ...[0, 0.5, 1].map((share) => level(BOTTOM - share * (BOTTOM - TOP))),
      ...numbered.map((step) =>
        label(this.across(step), BOTTOM + 18, String(step), "middle", { class: "muted" }),
      ),
      label((LEFT + RIGHT) / 2, BOTTOM + 36, say("step"), "middle", { class: "muted" }),
      ...this.marks,
      ...Object.values(this.curves).flatMap(({ path, end }) => [path, end]),
      this.half,
      ...this.ones,
      this.cursor,
    );
    this.follow(element);
    return element;
  }

  /** What a pointer and the keyboard do to the row of inputs. */
  follow(element) {
    let [before, at, isNew] = [[], 0, false]; // the other ones, where the held one is
    const stepAt = (x) => {
      const share = (x - LEFT) / (RIGHT - LEFT);
      return Math.min(Math.max(Math.round(share * (this.steps - 1)) + 1, 1), this.steps);
    };
    const near = (x) =>
      this.state.ones.find((step) => Math.abs(this.across(step) - x) <= GRIP) ?? null;
    const isRow = (y) => Math.abs(y - ROW) <= 24;
    let start = null;
    onDrag(element, {
      grips: (x, y) => isRow(y) && near(x) !== null,
      move: (x, y, isPress) => {
        if (isPress) {
          start = isRow(y) ? (near(x) ?? stepAt(x)) : null;
          if (start === null) return;
          isNew = near(x) === null;
          before = this.state.ones.filter((step) => step !== start);
          at = start;
        } else if (start !== null) at = stepAt(x);
        if (start !== null) this.write([...before, at]);
      },
      end: () => {
        if (start !== null && at === start && !isNew) this.write(before); // a tap on a 1
        start = null;
      },
    });
    let cursor = 1;
    const point = () => {
      const isSeen = this.row.matches(":focus-visible");
      this.cursor.style.display = isSeen ? "" : "none";
      change(this.cursor, { transform: `translate(${this.across(cursor)} ${ROW})` });
      const digit = this.state.ones.includes(cursor) ? 1 : 0;
      change(this.row, {
        "aria-valuenow": String(cursor),
        "aria-valuetext": say("step {0} reads {1}", cursor, digit),
      });
    };
    this.point = point;
    this.row.addEventListener("focus", point);
    this.row.addEventListener("blur", point);
    this.row.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      const ends = { Home: 1, End: this.steps }[event.key];
      const { ones } = this.state;
      if (way || ends) cursor = Math.min(Math.max(ends ?? cursor + way, 1), this.steps);
      else if (event.key === " " || event.key === "Enter")
        this.write(
          ones.includes(cursor) ? ones.filter((step) => step !== cursor) : [...ones, cursor],
        );
      else return;
      event.preventDefault();
      point();
    });
  }

  write(ones) {
    this.set({ ones: [...new Set(ones)].sort((a, b) => a - b) });
  }

  update({ weight, ones, ...gates }) {
    const inputs = this.zeros.map((_, i) => (ones.includes(i + 1) ? 1 : 0));
    const states = { ...gatedCell(inputs, gates), plain: plainNetwork(inputs, weight) };
    const last = ones.length ? Math.max(...ones) : null;
    const highest = Math.max(1, ...states.cell);
    // A scale that fits, in steps, so that it stays while a curve is moved.
    const top = [1, 2, 5, 10, 20, 50].find((end) => end >= highest);
    const down = (value) => BOTTOM - ((BOTTOM - TOP) * value) / top;

    const isLeap = ones !== this.before?.ones || top !== this.before.top;
    this.before = { ones, top };
    this.ones.forEach((one, i) => {
      change(one, { transform: `translate(${this.across(i + 1)} ${ROW})` });
      one.style.display = inputs[i] ? "" : "none";
    });
    this.marks.forEach((mark, i) => {
      mark.textContent = String((i * top) / 2);
    });
    for (const [key, { path }] of Object.entries(this.curves)) {
      const points = states[key].map((value, i) => `${this.across(i + 1)},${down(value)}`);
      path.style.transition = isLeap && !isStill.matches ? "d 250ms" : "none";
      change(path, { d: `M${points.join("L")}` });
    }
    this.name(states, down);
    const half = last === null ? Infinity : Math.log(0.5) / Math.log(gates.forget);
    this.markHalf(last, half, last === null ? 0 : states.cell[last - 1] / 2, down);
    this.point();
    const said = this.inWords({ ...gates, last, half, states });
    this.sentence.textContent = said;
    return { result: { inputs, ...states }, summary: said };
  }

  /** Each curve's name at its end, with what is left there; pushed apart where they would meet. */
  name(states, down) {
    const ends = Object.entries(this.curves)
      .map(([key, { name, end }]) => ({ name, end, value: states[key].at(-1) }))
      .sort((a, b) => b.value - a.value);
    let free = TOP - LINE;
    ends.forEach(({ name, end, value }, i) => {
      const lowest = BOTTOM + 5 - LINE * (ends.length - 1 - i);
      free = Math.max(free + LINE, Math.min(down(value) + 4.5, lowest));
      change(end, { y: free });
      end.textContent = `${name} ${value.toFixed(2)}`;
    });
  }

  markHalf(last, half, value, down) {
    const step = last + half;
    const isSeen = value > 0 && half > 0 && step <= this.steps;
    this.half.style.display = isSeen ? "" : "none";
    if (!isSeen) return;
    // A style, as an attribute's change would not glide.
    this.half.style.transform = `translate(${this.across(step)}px, ${down(value)}px)`;
    change(this.half.firstChild, { d: `M0,0V${BOTTOM - down(value)}` });
  }

  inWords({ forget, input, output, last, half, states }) {
    if (last === null)
      return say("Nothing but zeros is read. Tap a step of the row: it becomes a 1.");
    const share = percent(states.cell.at(-1) / states.cell[last - 1]);
    let cell;
    if (input === 0) cell = say("The input gate is shut: the 1 does not get into the cell.");
    else if (forget === 1)
      cell = say("At 1 the cell keeps all of its state, for as long as you like.");
    else if (forget === 0) cell = say("At 0 the cell has lost all of it one step later.");
    else
      cell = say(
        "The cell keeps {0} of its state at each step. Of what it holds at the last 1, half is left after {1}, {2} at step {3}.",
        ...[forget.toFixed(2), inSteps(half), share, this.steps],
      );
    if (input > 0 && output === 0)
      cell = together(cell, say("The output gate is shut: none of it is shown."));
    const plain = halfLife(states.plain, last - 1);
    return together(
      cell,
      plain === Infinity
        ? say("The plain network still has more than half at step {0}.", this.steps)
        : say("The plain network has lost half after {0}.", inSteps(plain)),
    );
  }
}

function inSteps(count) {
  const shown = count < 10 ? Number(count.toFixed(1)) : Math.round(count);
  return shown === 1 ? say("1 step") : say("{0} steps", shown);
}

define("book-gated-cell", GatedCell);
