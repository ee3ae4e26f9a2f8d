// What lies under the pointer: its value, which pixel it is, and where in the patient.
import { number } from "./corners.js";
import { toPixels } from "./ground.js";

const SIDES = [["L", "R"], ["P", "A"], ["H", "F"]];

export class Readout {
  constructor(stage) {
    this.stage = stage;
    this.pane = null;
    this.bubble = document.createElement("output");
    this.bubble.className = "under-finger";
    this.bubble.hidden = true;
    stage.figure.querySelector(".stage-picture").append(this.bubble);
    // Slices go by under a pointer that rests.
    document.addEventListener("stage:shown", () => { if (this.pane) this.show(this.pane, ...this.at, !this.bubble.hidden); });
  }

  watch(pane) {
    pane.element.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch") this.show(pane, event.clientX, event.clientY);
    });
    pane.element.addEventListener("pointerleave", () => this.clear());
  }

  /** Say what lies at a point of the window; `beside` says it there too, above the finger that covers it. */
  show(pane, x, y, beside = false) {
    if (this.pane && this.pane !== pane) this.clear();
    this.pane = pane;
    this.at = [x, y];
    const found = readAt(pane, x, y);
    this.#say(found);
    this.bubble.hidden = !beside || !found;
    if (this.bubble.hidden) return;
    this.bubble.textContent = found.value;
    const box = this.bubble.parentElement.getBoundingClientRect();
    this.bubble.style.insetInlineStart = `${x - box.left}px`;
    this.bubble.style.insetBlockStart = `${y - box.top}px`;
  }

  clear() {
    if (this.pane) this.#say(null);
    this.pane = null;
    this.bubble.hidden = true;
  }

  #say(found) {
    const root = this.stage.wordsOf(this.pane);
    for (const name of ["value", "pixel", "point"]) {
      const line = root.querySelector(`[data-live-line="${name}"]`);
      const words = found?.[name] ?? "";
      if (line && line.textContent !== words) line.textContent = words;
    }
  }
}

/** What a pane shows at a point of the window, in words: {value, pixel, point}; none beside the image. */
export function readAt(pane, x, y) {
  const { story } = pane;
  if (!story) return null;
  const { about, numbers } = story;
  const box = pane.element.getBoundingClientRect();
  const world = pane.viewport.canvasToWorld([x - box.left, y - box.top]);
  const [column, row] = toPixels(story.ground, world).map(Math.round);
  if (!(column >= 0 && row >= 0 && column < about.columns && row < about.rows)) return null;
  const place = pane.frames.list[pane.index];
  const isPlaced = place.at && place.axes && about.calibration?.row_mm;
  return {
    value: valueOf(about, numbers, row * about.columns + column),
    pixel: `Column ${column + 1}, row ${row + 1}`,
    point: isPlaced ? `${world.map((one, axis) => SIDES[axis][one < 0 ? 1 : 0] + number(Math.abs(one), 1)).join(" ")} mm` : "",
  };
}

function valueOf(about, numbers, at) {
  if (about.samples === 3) return `R ${numbers[3 * at]} G ${numbers[3 * at + 1]} B ${numbers[3 * at + 2]}`;
  const stored = numbers[at];
  if (!Number.isFinite(stored)) return "No number";
  const value = stored * about.slope + about.intercept;
  const isPadding = about.padding && stored >= about.padding[0] && stored <= about.padding[1];
  const words = [`${short(value)}${about.unit ? ` ${about.unit}` : ""}`];
  if (about.slope !== 1 || about.intercept !== 0) words.push(`stored ${short(stored)}`);
  if (isPadding) words.push("padding");
  return words.join(", ");
}

const short = (value) => (Number.isInteger(value) ? number(value, 0) : number(Number(value.toPrecision(6)), 6));
