// Directions in the patient: x leads to the left, y to the back, z to the head.
const LETTERS = [["R", "L"], ["A", "P"], ["F", "H"]];
const SECOND = 0.25;
const radians = (degrees) => (degrees * Math.PI) / 180;

export const vector = (text) => text.split(",").map(Number);
export const dot = (one, other) => one.reduce((sum, part, axis) => sum + part * other[axis], 0);
export const cross = ([a, b, c], [d, e, f]) => [b * f - c * e, c * d - a * f, a * e - b * d];

/** The side of the patient that a direction leads to, in the letters the server uses. */
export function letters(direction) {
  const parts = direction.map((part, axis) => [Math.abs(part), axis]).sort(([a, i], [b, j]) => b - a || j - i).slice(0, 2);
  return parts.map(([size, axis], rank) => (rank && size <= SECOND ? "" : LETTERS[axis][Number(direction[axis] > 0)])).join("");
}

/** Put the letters at the four sides of a picture. */
export function letter(figure, across, down) {
  const minus = (one) => one.map((part) => -part);
  for (const [side, way] of Object.entries({ top: minus(down), right: across, bottom: down, left: minus(across) })) {
    const mark = figure.querySelector(`.side-${side}`);
    if (mark) mark.textContent = letters(way);
  }
}

/** Along the rows and columns of a picture of a whole volume; as imaging/volumes/turn.py has it. */
export function gaze(angle, tilt) {
  const [around, up] = [radians(angle), radians(tilt)];
  const ahead = [-Math.sin(around), Math.cos(around)];
  return {
    across: [Math.cos(around), Math.sin(around), 0],
    down: [-Math.sin(up) * ahead[0], -Math.sin(up) * ahead[1], -Math.cos(up)],
  };
}

/** Across the oblique plane of two angles; as web/viewer/planes.py has it. */
export function normalOf(tilt, turn) {
  const [lean, around] = [radians(tilt), radians(turn)];
  return [-Math.sin(around) * Math.sin(lean), Math.cos(around) * Math.sin(lean), Math.cos(lean)];
}

/** The two angles of an oblique plane, in whole degrees. */
export function anglesOf(normal) {
  const [x, y, z] = normal[2] < 0 ? normal.map((part) => -part) : normal;
  const degrees = (angle) => Math.round((angle * 180) / Math.PI);
  return { tilt: degrees(Math.acos(Math.min(1, z))), turn: Math.hypot(x, y) < 1e-3 ? 0 : degrees(Math.atan2(-x, y)) };
}

/** A direction turned about another one of length 1, by radians. */
export function turned(direction, axis, angle) {
  const beside = cross(axis, direction);
  const along = dot(axis, direction) * (1 - Math.cos(angle));
  return direction.map((part, at) => part * Math.cos(angle) + beside[at] * Math.sin(angle) + axis[at] * along);
}
