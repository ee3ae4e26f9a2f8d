// Fingers: one does what the chosen tool does; two that part or close zoom and move, two that go together step through
// the slices; one that rests shows the value under it.
import { Drag } from "./steps.js";

const HOLD_MS = 500;
const STILL_PX = 8;
const DECIDED_PX = 10;

export function startTouch(stage) {
  const area = stage.figure.querySelector(".stage-picture");
  const fingers = new Fingers(stage);
  const options = { capture: true, passive: false };
  area.addEventListener("touchstart", (event) => fingers.came(event), options);
  area.addEventListener("touchmove", (event) => fingers.moved(event), options);
  for (const name of ["touchend", "touchcancel"]) area.addEventListener(name, (event) => fingers.left(event), options);
  // Else a finger that rests opens the browser's menu, and so does the button that zooms.
  area.addEventListener("contextmenu", (event) => { if (event.target.closest(".stage-canvas")) event.preventDefault(); });
  // Where fingers are what there is, one of them is expected to go through the slices.
  if (matchMedia("(pointer: coarse)").matches && stage.pane.frames.count > 1) stage.tools.choose("scroll");
}

class Fingers {
  constructor(stage) {
    this.stage = stage;
    this.doing = "";
    this.timer = 0;
  }

  came(event) {
    const pane = this.stage.paneOf(event.target);
    if (!pane) return;
    clearTimeout(this.timer);
    if (event.touches.length === 1) {
      this.pane = pane;
      this.doing = "tool";
      this.from = pointOf(event.touches[0]);
      this.timer = setTimeout(() => this.#hold(), HOLD_MS);
      return;
    }
    take(event);
    if (event.touches.length > 2 || this.doing === "value") return;
    this.doing = "two";
    this.first = this.last = pairOf(event.touches);
  }

  moved(event) {
    if (!this.doing) return;
    if (this.doing === "tool") {
      if (distance(pointOf(event.touches[0]), this.from) > STILL_PX) clearTimeout(this.timer);
      return;
    }
    take(event);
    if (this.doing === "value") this.stage.readout.show(this.pane, ...pointOf(event.touches[0]), true);
    if (event.touches.length !== 2 || this.doing === "value") return;
    const now = pairOf(event.touches);
    if (this.doing === "two") this.#decide(now);
    if (this.doing === "pinch") this.#pinch(now);
    if (this.doing === "scroll") this.drag.by(now.center[1] - this.last.center[1]);
    if (this.doing !== "two") this.last = now;
  }

  left(event) {
    clearTimeout(this.timer);
    if (event.touches.length) return;
    if (this.doing === "value") this.stage.readout.clear();
    this.doing = "";
  }

  #hold() {
    this.doing = "value";
    this.stage.readout.show(this.pane, ...this.from, true);
  }

  // Which of the two it is shows after a few pixels, and then stays.
  #decide(now) {
    const apart = Math.abs(now.apart - this.first.apart);
    const along = distance(now.center, this.first.center);
    if (Math.max(apart, along) < DECIDED_PX) return;
    this.doing = apart >= along || this.pane.frames.count < 2 ? "pinch" : "scroll";
    this.drag = new Drag(this.pane);
  }

  #pinch(now) {
    const { viewport, element } = this.pane;
    const box = element.getBoundingClientRect();
    const times = now.apart / Math.max(1, this.last.apart);
    const middle = [box.left + box.width / 2, box.top + box.height / 2];
    viewport.setZoom(viewport.getZoom() * times);
    // What lies between the fingers stays between them.
    const pan = viewport.getPan().map((one, axis) => one
      + now.center[axis] - this.last.center[axis] + (this.last.center[axis] - middle[axis]) * (1 - times));
    viewport.setPan(pan);
    viewport.render();
  }
}

function take(event) {
  event.stopPropagation();
  if (event.cancelable) event.preventDefault();
}

const pointOf = (touch) => [touch.clientX, touch.clientY];
const distance = ([a, b], [c, d]) => Math.hypot(a - c, b - d);

function pairOf([one, other]) {
  const [a, b] = [pointOf(one), pointOf(other)];
  return { center: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], apart: distance(a, b) };
}
