// Keeps marks on the server: one request after the other for each mark, again when the server cannot be reached, undone
// and done again by Ctrl+Z and Ctrl+Y.
import { writing } from "../page.js";
import { show } from "../toasts.js";

const AGAIN_MS = 3000;
const MOST_STEPS = 200;

export class Keeper {
  /** `told(mark)` is called with what the server keeps, `changed()` when the list of marks is another. */
  constructor({ told, changed }) {
    this.told = told;
    this.changed = changed;
    this.waiting = new Map();
    this.done = [];
    this.undone = [];
    addEventListener("beforeunload", (event) => { if (this.isBusy) event.preventDefault(); });
  }

  /** Whether something is not yet kept. */
  get isBusy() {
    return this.waiting.size > 0;
  }

  /** Keep a mark; `before` is what it was, none when it is new. */
  keep(mark, before) {
    this.#step({ key: mark.key, before: before ?? null, after: mark });
    return this.#put(mark);
  }

  remove(mark) {
    const step = this.#step({ key: mark.key, before: mark, after: null });
    show("The mark was removed.", { kind: "good", replaces: "keeper", undo: () => this.#takeBack(step) });
    return this.#put({ ...mark, removed: true });
  }

  undo() {
    return this.#walk(this.done, this.undone, "before");
  }

  redo() {
    return this.#walk(this.undone, this.done, "after");
  }

  #step(step) {
    this.done.push(step);
    if (this.done.length > MOST_STEPS) this.done.shift();
    this.undone = [];
    return step;
  }

  // The very step that was asked about, whatever came after it.
  #takeBack(step) {
    const at = this.done.indexOf(step);
    if (at < 0) return;
    this.done.push(...this.done.splice(at, 1));
    this.undo();
  }

  #walk(from, to, which) {
    const step = from.pop();
    if (!step) return false;
    to.push(step);
    const mark = step[which] ?? step.after ?? step.before;
    this.#put({ ...mark, removed: step[which] === null });
    return true;
  }

  // The newest wish for a mark waits; the version is the one that the server told last.
  #put(mark) {
    const running = this.waiting.get(mark.key);
    if (running) {
      running.next = mark;
      return running.promise;
    }
    const work = { next: mark };
    this.waiting.set(mark.key, work);
    work.promise = this.#work(mark.key, work).finally(() => this.waiting.delete(mark.key));
    return work.promise;
  }

  async #work(key, work) {
    while (work.next) {
      const wish = work.next;
      work.next = null;
      const kept = await this.#send(key, { ...wish, version: this.versions?.get(key) ?? wish.version });
      if (kept && !work.next) this.told(kept);
    }
    this.changed();
  }

  async #send(key, { image, frame, kind, points, text, figures, calibration, version, removed = false }) {
    const base = document.querySelector("[data-marks]")?.dataset.put;
    const body = JSON.stringify({ image, frame, kind, points, text, figures, calibration, version, removed });
    for (;;) {
      let response = null;
      try {
        response = await fetch(base + key, {
          method: "PUT", body, credentials: "same-origin", headers: { "Content-Type": "application/json", ...writing() },
        });
      } catch {
        show("This mark is not kept yet: the gallery does not answer. It is tried again.", { kind: "warn", replaces: "keeper" });
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
        continue;
      }
      const told = await response.json().catch(() => ({}));
      const kept = response.ok ? told : told.mark;
      if (!response.ok) show(told.detail ?? "This mark could not be kept.", { kind: "bad", replaces: "keeper" });
      if (kept) (this.versions ??= new Map()).set(key, kept.version);
      return kept ?? null;
    }
  }
}
