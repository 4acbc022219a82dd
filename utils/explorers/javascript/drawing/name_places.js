// Places for the names of points, so that none lies on another, wherever the points are.

const NAME_HEIGHT = 17; // of a line of 13 units, and of 14
const NEAR = 9; // units between a point and its name
const RINGS = 7; // so far, in lines, a name gives way
// What a place costs: a name or a point beneath it, each line and each turn away from where the name
// would like to be.
const COST = { name: 1000, point: 4, ring: 2, turn: 0.25 };
// Which share of a name lies to the left of its point, and which way it is moved: aside, and down.
const SIDES = {
  above: [0.5, 0, -1],
  below: [0.5, 0, 1],
  "right below": [0, 1, 1],
  "right above": [0, 1, -1],
  "left below": [1, -1, 1],
  "left above": [1, -1, -1],
  right: [0, 1, 0],
  left: [1, -1, 0],
};

/**
 * The [left, top] of each name, all in the units of the drawing. `names` are {at: [x, y] of the
 * point, width, side: a key of SIDES where it would like to stand}: the first are served first.
 * `bounds` {left, right, top, bottom} are those of the drawing.
 */
export function namePlaces(names, bounds) {
  const points = names.map(({ at: [x, y] }) => boxOf([x - 4, y - 4], 8, 8));
  const placed = [];
  for (const { at, width, side } of names) {
    const sides = [side, ...Object.keys(SIDES).filter((other) => other !== side)];
    const places = Array.from({ length: RINGS }, (_, ring) =>
      sides.map((tried, turn) => {
        const box = boxOf(placeBeside(at, width, SIDES[tried], ring, bounds), width, NAME_HEIGHT);
        return { box, cost: COST.ring * ring + COST.turn * turn };
      }),
    ).flat();
    const cost = (place) =>
      place.cost +
      COST.name * placed.filter((box) => overlap(box, place.box)).length +
      COST.point * points.filter((box) => overlap(box, place.box)).length;
    placed.push(cheapest(places, cost).box);
  }
  return placed.map(({ left, top }) => [left, top]);
}

function placeBeside([x, y], width, [share, aside, down], ring, bounds) {
  const beyond = ring * NAME_HEIGHT;
  const left = x - share * width + aside * (NEAR + (down ? 0 : beyond));
  const top = y - NAME_HEIGHT / 2 + down * (NEAR + NAME_HEIGHT / 2 - 2 + beyond);
  return [
    Math.min(Math.max(left, bounds.left), bounds.right - width),
    Math.min(Math.max(top, bounds.top), bounds.bottom - NAME_HEIGHT),
  ];
}

function boxOf([left, top], width, height) {
  return { left, top, right: left + width, bottom: top + height };
}

function overlap(one, other) {
  return (
    one.left < other.right &&
    other.left < one.right &&
    one.top < other.bottom &&
    other.top < one.bottom
  );
}

function cheapest(places, cost) {
  const costs = places.map(cost);
  return places[costs.indexOf(Math.min(...costs))];
}
