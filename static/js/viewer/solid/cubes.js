// The numbers of a volume on their way: fetched with progress, brought to 0 to 1, their ends told brick by brick.
import { readNumbers } from "../numbers.js";
import { BRICK } from "./shader.js";

/** The volume at an address as {about, pixels}; `told` hears which share of it is here. */
export async function fetchCubes(url, told, signal) {
  const response = await fetch(url, { credentials: "same-origin", signal });
  if (!response.ok || response.headers.has("X-No-Picture")) throw new Error(`HTTP ${response.status}`);
  const reader = response.body.getReader();
  const pieces = [];
  let held = 0;
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    held += value.length;
    total ||= sizeOf(pieces, held);
    if (total) told(held / total);
  }
  const whole = new Uint8Array(held);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return readNumbers(whole.buffer);
}

const BYTES = { uint8: 1, int8: 1, uint16: 2, int16: 2, float32: 4 };

/** How long the whole body is, as its head tells; 0 while that is not here. */
function sizeOf(pieces, held) {
  if (held < 4) return 0;
  const start = new Uint8Array(held);
  let at = 0;
  for (const piece of pieces) {
    start.set(piece, at);
    at += piece.length;
  }
  const length = new DataView(start.buffer).getUint32(0, true);
  if (held < 4 + length) return 0;
  const about = JSON.parse(new TextDecoder().decode(start.subarray(4, 4 + length)));
  return 4 + length + about.levels * about.rows * about.columns * BYTES[about.type];
}

/** What turns a number into its share of the way from the least value to the most, and back. */
export function scaleOf({ least, most, slope, intercept }) {
  const [from, to] = slope < 0 ? [most, least] : [least, most];
  const width = to - from || 1;
  return {
    share: (number) => (number - from) / width,
    ofValue: (value) => ((value - intercept) / (slope || 1) - from) / width,
    valueOf: (share) => (from + share * width) * slope + intercept,
  };
}

/** The least and most share of each brick, with the cubes that its edge is mixed with: {size, ends}. */
export function bricksOf({ levels, rows, columns }) {
  const size = [columns, rows, levels].map((count) => Math.ceil(count / BRICK));
  const ends = new Float32Array(size[0] * size[1] * size[2] * 2);
  for (let at = 0; at < ends.length; at += 2) [ends[at], ends[at + 1]] = [1, 0];
  return { size, ends };
}

/** Take a level of shares into the ends of its bricks. */
export function takeIn({ size, ends }, { rows, columns }, level, shares) {
  const [wide, high, deep] = size;
  // A row of bricks at a time: the ends of BRICK cubes, and of one more on each side.
  const near = (at, count) => {
    const own = Math.floor(at / BRICK);
    const rest = at % BRICK;
    if (rest === 0 && own > 0) return [own - 1, own];
    if (rest === BRICK - 1 && own + 1 < count) return [own, own + 1];
    return [own];
  };
  const planes = near(level, deep);
  for (let row = 0; row < rows; row += 1) {
    const lines = near(row, high);
    for (let brick = 0; brick < wide; brick += 1) {
      const from = row * columns + Math.max(0, brick * BRICK - 1);
      const to = row * columns + Math.min(columns, (brick + 1) * BRICK + 1);
      let least = 1;
      let most = 0;
      for (let at = from; at < to; at += 1) {
        const share = shares[at];
        if (share < least) least = share;
        if (share > most) most = share;
      }
      for (const plane of planes) {
        for (const line of lines) {
          const at = ((plane * high + line) * wide + brick) * 2;
          if (least < ends[at]) ends[at] = least;
          if (most > ends[at + 1]) ends[at + 1] = most;
        }
      }
    }
  }
}
