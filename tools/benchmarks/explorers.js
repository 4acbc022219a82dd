// What a reader can move in an explorer, found by looking at it, and moved as a hand would.
//
// It runs in the page: benchmark.controls() lists the controls in sight, move() makes one move of one
// of them and waits until it is drawn, state() says what is shown.

(() => {
  const SLIDER_MOVES = 12;
  const OPTIONS = 6;
  const PRESSES = 5;
  const POINTER_MOVES = 12;
  const CHIPS = 6; // of the words that can be clicked into a sentence

  const inSight = (element) => element.checkVisibility({ visibilityProperty: true });
  const spread = (low, high, step, count) => {
    const places = Math.min(Math.round((high - low) / step), count - 1) || 1;
    return Array.from({ length: places + 1 }, (_, i) =>
      Number((low + step * Math.round(((high - low) * i) / places / step)).toPrecision(12)),
    );
  };
  const tell = (element, kind) => element.dispatchEvent(new Event(kind, { bubbles: true }));
  const labelOf = (root, input) => root.querySelector(`label[for="${input.id}"]`)?.textContent;

  /** {kind, label, moves: [function, ...]} of all that can be moved now. */
  const found = (element) => {
    const root = element.shadowRoot;
    for (const details of root.querySelectorAll("details")) details.open = true;
    const all = [];
    for (const input of root.querySelectorAll("input[type='range']")) {
      if (!inSight(input) || input.disabled) continue;
      const values = spread(
        ...["min", "max", "step"].map((end) => Number(input[end])),
        SLIDER_MOVES,
      );
      const moves = values.map((value) => () => {
        input.value = value;
        tell(input, "input");
      });
      all.push({ kind: "slider", label: labelOf(root, input), moves });
    }
    for (const input of root.querySelectorAll("select")) {
      if (!inSight(input)) continue;
      const texts = [...input.options].map(({ value }) => value);
      const moves = [...texts.slice(1, OPTIONS), texts[0]].map((value) => () => {
        input.value = value;
        tell(input, "change");
      });
      all.push({ kind: "menu", label: labelOf(root, input), moves });
    }
    for (const group of root.querySelectorAll("fieldset")) {
      const inputs = [...group.querySelectorAll("input[type='radio']")];
      if (!inputs.length || !inSight(group)) continue;
      const moves = [...inputs.slice(1), inputs[0]].map((input) => () => {
        input.checked = true;
        tell(input, "change");
      });
      all.push({ kind: "choice", label: group.querySelector("legend").textContent, moves });
    }
    for (const input of root.querySelectorAll("input[type='text']")) {
      if (!inSight(input)) continue;
      const text = longestText(root, input);
      const typed = [...text].map((_, i) => text.slice(0, i + 1));
      const moves = [...typed, input.value].map((value) => () => {
        input.value = value;
        tell(input, "input");
      });
      all.push({ kind: "text field", label: labelOf(root, input), moves });
    }
    let chips = 0;
    for (const button of root.querySelectorAll("button")) {
      const isChip = button.closest(".words") !== null;
      if (!inSight(button) || (isChip && ++chips > CHIPS)) continue;
      const label = isChip ? "a word clicked in" : button.textContent;
      const times = isChip ? 1 : PRESSES;
      const moves = Array.from({ length: times }, () => () => button.click());
      const same = all.find((one) => one.kind === "button" && one.label === label);
      if (same) same.moves.push(...moves);
      else all.push({ kind: "button", label, moves });
    }
    [...root.querySelectorAll("svg")].forEach((drawn, i) => {
      if (!inSight(drawn)) return;
      for (const kind of ["dragging", "pointing"])
        all.push({ kind, label: `drawing ${i + 1}`, moves: pointerMoves(drawn, kind) });
    });
    return all;
  };

  /** The longest that a menu beside the field offers in its language; else what stands in it. */
  const longestText = (root, input) => {
    const offered = [...root.querySelectorAll("select option")].filter(
      (option) =>
        input.lang && option.closest("[lang]")?.lang === input.lang && Number(option.value) >= 0,
    );
    const texts = [
      ...offered.map(({ textContent }) => textContent),
      input.defaultValue || input.value,
    ];
    return texts.reduce((a, b) => (b.length > a.length ? b : a)) || "haus";
  };

  /** Across a drawing and back, a mouse's button held or not. */
  const pointerMoves = (drawn, kind) => {
    const isDrag = kind === "dragging";
    const send = (name, share) => {
      const box = drawn.getBoundingClientRect();
      const along = 0.5 - 0.5 * Math.cos(2 * Math.PI * share); // there and back
      const x = box.left + (0.2 + 0.6 * along) * box.width;
      const y = box.top + (0.25 + 0.5 * share) * box.height;
      const target = drawn.getRootNode().elementFromPoint(x, y) ?? drawn;
      drawn.setPointerCapture = () => {}; // there is no such pointer
      (drawn.contains(target) ? target : drawn).dispatchEvent(
        new PointerEvent(name, {
          ...{ pointerId: 7, pointerType: "mouse", isPrimary: true, bubbles: true },
          ...{ cancelable: true, composed: true, clientX: x, clientY: y },
          ...{ button: name === "pointermove" ? -1 : 0, buttons: isDrag ? 1 : 0 },
        }),
      );
    };
    const moves = Array.from({ length: POINTER_MOVES }, (_, i) => () => {
      if (isDrag && i === 0) send("pointerdown", 0);
      if (!isDrag) send("pointerover", i / POINTER_MOVES);
      send("pointermove", i / POINTER_MOVES);
      if (isDrag && i === POINTER_MOVES - 1) send("pointerup", 1);
    });
    return moves;
  };

  let controls = [];
  let concerned = null; // the explorer that they belong to

  window.benchmark = {
    controls(name) {
      const element = document.querySelector(name);
      element.scrollIntoView({ block: "center" });
      controls = found(element);
      concerned = element;
      return controls.map(({ kind, label, moves }) => ({ kind, label, moves: moves.length }));
    },
    state(name) {
      const element = document.querySelector(name);
      const texts = [...element.shadowRoot.querySelectorAll("input[type='text']")];
      return {
        state: element.state,
        shown: JSON.stringify([element.result, texts.map(({ value }) => value)]),
        texts: texts.map(({ value }) => value).join("\n"),
      };
    },
    set(name, state) {
      document.querySelector(name).set(state);
    },
    /** Without a control: nothing moves, and what that costs is the measuring's own. */
    async move(control, move) {
      controls[control]?.moves[move]();
      while (concerned?.result?.isLate) await new Promise((done) => setTimeout(done));
      // After the next frame: its styles, layout and painting are part of the answer.
      await new Promise((done) => {
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = done;
          channel.port2.postMessage(0);
        });
      });
    },
  };
})();
