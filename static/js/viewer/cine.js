// Plays the stack: as fast as its file says, round and round or back and forth, until something is done by hand.
import { bind } from "../keys.js";
import { step } from "./steps.js";

const USUAL_RATE = 15;
const LEAST_RATE = 1;
const MOST_RATE = 60;
const SHARE_OF_CACHE = 0.8;
const COUNTED_MS = 1000;
/** Keys that do not stop it: they move between controls, or mean nothing alone. */
const QUIET = new Set(["Tab", "Shift", "Control", "Alt", "Meta", "c"]);

export class Cine {
  constructor(stage) {
    this.stage = stage;
    this.panel = stage.figure.querySelector("[data-cine]");
    this.slider = this.panel.querySelector("[data-cine-rate]");
    this.says = this.panel.querySelector("[data-cine-said]");
    this.sweep = this.panel.querySelector("[data-cine-sweep]");
    this.isPlaying = false;
    this.slider.addEventListener("input", () => { this.rate = Number(this.slider.value); });
    this.sweep.addEventListener("click", () => this.#setSweep(!this.sweeps));
    this.panel.querySelector("[data-cine-stop]").addEventListener("click", () => this.stop());
    this.#stopByHand();
  }

  toggle() {
    if (this.isPlaying) this.stop();
    else this.start();
  }

  start() {
    const { pane } = this.stage;
    if (pane.frames.count < 2) return;
    this.pane = pane;
    if (this.told !== pane.stack) this.#heed(this.stage.told.cine ?? {});
    this.told = pane.stack;
    this.isPlaying = true;
    this.way = 1;
    this.due = performance.now();
    this.shown = [];
    this.failed = new Set();
    this.awaited = -1;
    this.counted = 0;
    this.loaded = 0;
    pane.frames.reach = Math.min(pane.frames.count, this.#capacity);
    pane.frames.isRound = !this.sweeps;
    this.panel.hidden = false;
    this.#mark();
    this.#say();
    requestAnimationFrame((now) => this.#tick(now));
  }

  stop() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.pane.frames.rest();
    if (this.panel.contains(document.activeElement)) document.activeElement.blur();
    this.panel.hidden = true;
    this.#mark();
    step(this.pane.index, false);
  }

  // What the file says, until a hand says otherwise.
  #heed({ rate, sweeps }) {
    this.rate = Math.round(Math.min(MOST_RATE, Math.max(LEAST_RATE, rate ?? USUAL_RATE)));
    this.slider.value = this.rate;
    this.#setSweep(Boolean(sweeps));
  }

  #setSweep(sweeps) {
    this.sweeps = sweeps;
    this.sweep.setAttribute("aria-pressed", String(sweeps));
    if (this.isPlaying) this.pane.frames.isRound = !sweeps;
  }

  /** How many frames are held at most: what is fetched over them would push out what is shown next. */
  get #capacity() {
    const { cache } = this.stage.cornerstone;
    const bytes = cache.getImage(this.pane.ids[this.pane.index])?.sizeInBytes ?? 2 ** 20;
    return Math.max(2, Math.floor((cache.getMaxCacheSize() * SHARE_OF_CACHE) / bytes));
  }

  #mark() {
    for (const button of document.querySelectorAll("[data-deed=cine]")) {
      button.setAttribute("aria-pressed", String(this.isPlaying));
    }
  }

  #tick(now) {
    if (!this.isPlaying) return;
    if (!this.pane.element.isConnected) {
      this.stop();
      return;
    }
    requestAnimationFrame((then) => this.#tick(then));
    if (now < this.due) return;
    const next = this.#next();
    // What has not come is waited for, and said so: a frame left out is not seen to be missing.
    if (!this.pane.frames.has(next) && !this.failed.has(next)) {
      this.#await(next);
      this.#say(now);
      this.due = now;
      return;
    }
    this.due = Math.max(this.due + 1000 / this.rate, now - 1000 / this.rate);
    this.shown.push(now);
    step(next, true);
    this.#say(now);
  }

  #await(index) {
    if (this.awaited === index) return;
    this.awaited = index;
    // Of one that cannot be shown its picture says why; it is passed by like the others.
    this.pane.frames.wants(index).catch(() => this.failed.add(index)).finally(() => { this.awaited = -1; });
  }

  #next() {
    const { count } = this.pane.frames;
    const next = this.pane.index + this.way;
    if (next >= 0 && next < count) return next;
    if (!this.sweeps) return (next + count) % count;
    this.way = -this.way;
    return this.pane.index + this.way;
  }

  // The rate that is reached, not only the one that is asked for; how far it is while frames are on their way.
  #say(now = performance.now()) {
    this.shown = this.shown.filter((one) => one > now - COUNTED_MS);
    const { count } = this.pane.frames;
    const most = Math.min(count, this.#capacity);
    if (this.loaded < most && now - this.counted > COUNTED_MS / 4) {
      this.counted = now;
      this.loaded = this.pane.ids.filter((id) => this.stage.cornerstone.cache.isLoaded(id)).length;
    }
    const reached = this.loaded < most ? `${this.loaded} of ${count} loaded` : `${this.shown.length} reached`;
    const words = [`${this.rate} fps`, reached];
    for (const [place, line] of [...this.says.children].entries()) {
      if (line.textContent !== words[place]) line.textContent = words[place];
    }
  }

  #stopByHand() {
    // The panel's own slider is not the one of the stack, whose keys are the page's.
    this.panel.addEventListener("keydown", (event) => {
      if (/^(Arrow|Page|Home|End)/.test(event.key)) event.stopPropagation();
    });
    const isOurs = ({ target }) => target instanceof Element && target.closest("[data-cine], [data-deed=cine]");
    const stop = (event) => { if (this.isPlaying && !isOurs(event)) this.stop(); };
    document.addEventListener("pointerdown", stop, true);
    document.addEventListener("wheel", stop, { capture: true, passive: true });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.stop();
      else if (!QUIET.has(event.key)) stop(event);
    }, true);
  }
}

/** The player, by its button and its key. */
export function startCine(stage) {
  const cine = new Cine(stage);
  stage.deeds.cine = () => cine.toggle();
  bind("c", () => (stage.isLive ? void cine.toggle() : false));
}
