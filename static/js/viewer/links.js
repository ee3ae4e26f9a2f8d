// What panes do together: go through slices, share a window or a zoom, show where the one at work cuts the others.
import { onCamera } from "./corners.js";
import { dot } from "../directions.js";
import { normalOf } from "./ground.js";
import { drawLines } from "./lines.js";

const MODES = ["space", "number", "steps", "off"];
const SAME = ["window", "zoom", "lines"];
const USUAL = { link: "space", same: "lines" };
/** Two planes whose normals are this alike go through the same slices. */
const ALIKE = 0.95;

export class Links {
  constructor(stage) {
    this.stage = stage;
    this.mode = USUAL.link;
    this.same = new Set([USUAL.same]);
    this.seen = new WeakMap();
    document.addEventListener("stage:shown", ({ detail }) => { if (detail.stage === stage) this.#follow(detail.pane ?? stage.pane); });
  }

  get #others() {
    return this.stage.panes.filter((pane) => pane !== this.stage.pane);
  }

  watch(pane) {
    onCamera(this.stage, pane, () => {
      if (this.stage.panes.length < 2) return;
      if (pane === this.stage.pane && this.same.has("zoom")) this.#zoom(pane);
      this.draw();
    });
  }

  /** Another stack is in a pane: how far it has gone is counted from where it stands. */
  forget(pane) {
    this.seen.delete(pane);
  }

  choose(mode) {
    this.mode = mode;
    this.seen = new WeakMap();
    if (mode !== "steps") this.#follow(this.stage.pane);
    else this.seen.set(this.stage.pane, this.stage.pane.index);
  }

  toggle(what) {
    if (!this.same.delete(what)) this.same.add(what);
    this.#follow(this.stage.pane);
    if (this.same.has("zoom")) this.#zoom(this.stage.pane);
    this.draw();
  }

  /** As the address says it; what is usual is left out. */
  get asked() {
    const told = { link: this.mode, same: SAME.filter((one) => this.same.has(one)).join(",") || "none" };
    return Object.fromEntries(Object.entries(told).filter(([name, value]) => USUAL[name] !== value));
  }

  restore(query) {
    if (MODES.includes(query.get("link"))) this.mode = query.get("link");
    if (query.has("same")) this.same = new Set(query.get("same").split(",").filter((one) => SAME.includes(one)));
  }

  /** Say in the menu what is linked. */
  mark(isMany) {
    for (const button of document.querySelectorAll("[data-link], [data-same]")) {
      const { link, same } = button.dataset;
      button.disabled = !isMany;
      button.setAttribute("aria-pressed", String(link ? link === this.mode : this.same.has(same)));
    }
  }

  /** Which frame of another pane goes with what a pane, the one at work, shows; null where none does. */
  placeIn(other, pane = this.stage.pane) {
    if (this.mode === "number") return Math.min(pane.index, other.frames.count - 1);
    if (this.mode === "steps") {
      if (other.index < 0) return null;
      const by = pane.index - (this.seen.get(pane) ?? pane.index);
      return Math.max(0, Math.min(other.frames.count - 1, other.index + by));
    }
    return this.mode === "space" ? nearest(pane.frames.list[pane.index], other.frames.list) : null;
  }

  #follow(pane) {
    if (this.stage.panes.length < 2) return;
    if (pane === this.stage.pane) {
      if (this.seen.get(pane) !== pane.index) {
        for (const other of this.#others) {
          const place = this.placeIn(other);
          if (place !== null && place !== other.index) this.stage.go(place, other.look, other);
        }
      }
      if (this.same.has("window")) this.#window(pane);
    }
    this.seen.set(pane, pane.index);
    this.draw();
  }

  // A window is of values in a unit: it goes to those that have the same.
  #window(pane) {
    const { window, story } = pane;
    if (!window || !story) return;
    for (const other of this.#others) {
      const now = other.window;
      const isNew = now?.center !== window.center || now?.width !== window.width;
      if (isNew && other.story && other.story.about.samples === 1 && other.story.about.unit === story.about.unit) {
        other.setWindow(window).then(() => this.stage.tell(other), () => { /* Its picture stands for it. */ });
      }
    }
  }

  #zoom(pane) {
    const { zoom, pan } = pane.viewport.getViewPresentation();
    for (const other of this.#others) {
      const now = other.viewport.getViewPresentation();
      if (now.zoom !== zoom || String(now.pan) !== String(pan)) other.present({ zoom, pan });
    }
  }

  draw() {
    for (const pane of this.stage.panes) {
      const drawing = this.stage.wordsOf(pane).querySelector("[data-lines]");
      if (drawing) drawLines(drawing, pane, pane !== this.stage.pane && this.same.has("lines") ? this.stage.pane : null);
    }
  }
}

/** The index of the frame of `list` whose plane lies nearest to a place; null where they cannot be compared. */
function nearest(place, list) {
  const normal = normalOf(place?.axes);
  if (!normal || !place.at || !place.space) return null;
  let best = null;
  let least = Infinity;
  for (const [index, one] of list.entries()) {
    if (!one.at || one.space !== place.space) continue;
    const away = Math.abs(dot(normal, one.at.map((value, axis) => value - place.at[axis])));
    if (away < least && isAlike(normal, one.axes)) [best, least] = [index, away];
  }
  return best;
}

function isAlike(normal, axes) {
  const other = normalOf(axes);
  return other !== null && Math.abs(dot(normal, other)) > ALIKE;
}
