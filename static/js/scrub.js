// Scrubbing: the pointer's place over a card, or Shift and an arrow on the focused one, leafs through its stack.
// Few pictures are fetched: an even spread first, no more than MOST in all for one pass, IN_FLIGHT at a time.
import { nearest, spread, stackAt } from "./stack.js";

const MOST = 24;
const IN_FLIGHT = 6;
const DWELL_MS = 90;

class Scrubber {
  constructor(picture) {
    this.picture = picture;
    this.says = picture.querySelector("[data-scrub-at]");
    this.loaded = new Map();
    this.share = 0.5;
    this.queue = [];
    this.flying = 0;
  }

  async open() {
    this.stack ??= await stackAt(this.picture.dataset.scrub);
    if (this.queue.length === 0 && this.loaded.size === 0) {
      const here = this.index();
      this.queue = spread(this.stack.length, MOST).sort((a, b) => Math.abs(a - here) - Math.abs(b - here));
    }
    this.pump();
  }

  pump() {
    while (this.active && this.flying < IN_FLIGHT && this.queue.length > 0) {
      const index = this.queue.shift();
      const image = new Image();
      this.flying += 1;
      const ended = (whole) => () => {
        this.flying -= 1;
        if (whole) this.loaded.set(index, image);
        this.paint();
        this.pump();
      };
      image.onload = ended(true);
      image.onerror = ended(false);
      image.src = this.stack[index].src;
    }
  }

  index() {
    return Math.min(this.stack.length - 1, Math.floor(this.share * this.stack.length));
  }

  start() {
    this.active = true;
    this.picture.dataset.scrubbing = "";
    this.open().catch(() => this.stop());
  }

  to(share) {
    this.share = Math.max(0, Math.min(0.9999, share));
    this.paint();
  }

  step(by) {
    if (!this.active) this.start();
    const count = this.stack?.length ?? Number(this.picture.dataset.frames);
    const at = Math.floor(this.share * count);
    const exact = Math.max(0, Math.min(count - 1, at + by));
    if (this.stack && !this.loaded.has(exact) && !this.queue.includes(exact)) this.queue.unshift(exact);
    this.to((exact + 0.5) / count);
    if (this.stack) this.pump();
  }

  paint() {
    if (!this.active) return;
    this.picture.style.setProperty("--at", this.share.toFixed(4));
    if (!this.stack) return;
    this.says.textContent = this.index() + 1;
    const best = nearest(this.loaded.keys(), this.index());
    if (best < 0) return;
    this.frame ??= this.overlay();
    const { src } = this.loaded.get(best);
    if (this.frame.src !== src) this.frame.src = src;
  }

  overlay() {
    const frame = new Image();
    frame.className = "scrub-frame";
    frame.alt = "";
    this.picture.querySelector("img, .placeholder").after(frame);
    return frame;
  }

  stop() {
    this.active = false;
    delete this.picture.dataset.scrubbing;
    this.says.textContent = "";
    this.frame?.remove();
    this.frame = null;
    this.share = 0.5;
    this.picture.style.removeProperty("--at");
  }
}

const scrubbers = new WeakMap();

/** Move the stack of a focused card by `by` pictures; false when it has none. */
export function stepIn(card, by) {
  const scrubber = scrubbers.get(card.querySelector("[data-scrub]"));
  scrubber?.step(by);
  return Boolean(scrubber);
}

export function startScrub(picture) {
  const scrubber = new Scrubber(picture);
  scrubbers.set(picture, scrubber);
  let dwell = 0;
  const place = (event) => {
    const box = picture.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return getComputedStyle(picture).direction === "rtl" ? 1 - share : share;
  };
  picture.addEventListener("pointerenter", (event) => {
    scrubber.share = place(event);
    dwell = setTimeout(() => scrubber.start(), DWELL_MS);
  });
  picture.addEventListener("pointermove", (event) => {
    if (scrubber.active) scrubber.to(place(event));
    else scrubber.share = place(event);
  });
  const leave = () => {
    clearTimeout(dwell);
    scrubber.stop();
  };
  for (const name of ["pointerleave", "pointercancel"]) picture.addEventListener(name, leave);
  picture.closest("a").addEventListener("blur", leave);
}
