// Panes beside each other: one is at work, and the page around it is that of its series. The address keeps them:
// layout=1x2&with=SERIES,SERIES names the series of each pane, in order.
import { bind } from "../keys.js";
import { stackAt } from "../stack.js";
import { visit } from "../swap.js";
import { watchCorners } from "./corners.js";
import { Links } from "./links.js";
import { Pane } from "./pane.js";
import { step } from "./steps.js";

const COUNTS = { "1x1": 1, "1x2": 2, "2x2": 4 };
const NAMES = ["layout", "with", "link", "same"];

/** The viewer of a series, by its number. */
const addressOf = (series) => location.pathname.replace(/\/series\/[^/]+\//, `/series/${series}/`);
const railLinks = () => [...document.querySelectorAll(".viewer-rail a[data-series]")];

export class Layout {
  constructor(stage) {
    this.stage = stage;
    this.area = stage.holder.parentElement;
    this.kind = "1x1";
    this.cells = [{ element: stage.holder, pane: stage.pane }];
    this.target = this.cells[0];
    this.links = new Links(stage);
    this.links.watch(stage.pane);
  }

  get isMany() {
    return this.cells.length > 1;
  }

  cellOf(element) {
    return this.cells.find((cell) => cell.element.contains(element));
  }

  /** So many panes; `wanted` are their series, the ones of the rail where they are not named. */
  async arrange(kind, wanted = []) {
    const { stage } = this;
    while (this.cells.length > COUNTS[kind]) this.#drop(this.cells.findLast((cell) => cell.pane !== stage.pane));
    while (this.cells.length < COUNTS[kind]) this.cells.push(this.#newCell());
    const here = wanted.indexOf(stage.pane.series);
    if (here > 0) this.cells.splice(here, 0, ...this.cells.splice(this.cells.findIndex(({ pane }) => pane === stage.pane), 1));
    this.kind = kind;
    this.area.toggleAttribute("data-layout", this.isMany);
    if (this.isMany) this.area.dataset.layout = kind;
    for (const [place, cell] of this.cells.entries()) {
      cell.element.dataset.cell = place;
      this.#word(cell);
    }
    this.target = this.cells.find(({ pane }) => pane === stage.pane);
    this.#mark();
    stage.engine.resize(true, false);
    for (const pane of stage.panes) pane.fit();
    const taken = new Set([...wanted, ...stage.panes.map(({ series }) => series)]);
    const all = railLinks().map((link) => link.dataset.series);
    const after = all.indexOf(stage.pane.series) + 1;
    const free = [...all.slice(after), ...all.slice(0, after)].filter((series) => !taken.has(series));
    await Promise.all(this.cells.map((cell, place) => {
      const series = cell.pane ? "" : wanted[place] || free.shift();
      return series ? this.#fill(cell, series) : null;
    }));
    for (const pane of stage.panes) stage.tell(pane);
  }

  #newCell() {
    const element = document.createElement("div");
    element.className = "stage-canvas";
    element.stage = this.stage;
    this.cells.at(-1).element.after(element);
    return { element, pane: null };
  }

  #drop(cell) {
    this.cells.splice(this.cells.indexOf(cell), 1);
    if (cell.pane) this.stage.leave(cell.pane);
    cell.element.remove();
    this.stage.holder = this.cells[0].element;
  }

  // Beside others a pane says in its own corners what it shows; alone, the page's do.
  #word(cell) {
    cell.words?.remove();
    cell.words = null;
    if (!this.isMany) return;
    cell.words = this.stage.figure.querySelector("[data-pane-words]").content.firstElementChild.cloneNode(true);
    cell.element.append(cell.words);
    this.#title(cell);
  }

  #title({ words, pane }, trouble = "") {
    if (!words) return;
    words.querySelector("[data-pane-empty]").hidden = Boolean(pane) && !trouble;
    if (trouble) words.querySelector("[data-pane-empty]").textContent = trouble;
    const { title = "", when = "" } = pane?.frames.list[0] ?? {};
    words.querySelector("[data-pane-title]").textContent = title;
    words.querySelector("[data-pane-when]").textContent = when;
  }

  async #fill(cell, series) {
    const { stage } = this;
    let list = [];
    try {
      list = await stackAt(`${addressOf(series)}/frames.json`);
    } catch {
      this.#title(cell, "This series could not be had.");
      return false;
    }
    if (!list.length) {
      this.#title(cell, "There are no pictures in this series.");
      return false;
    }
    // Its own: how its pictures are looked at may differ from pane to pane.
    const own = list.map((one) => ({ ...one }));
    if (cell.pane) {
      cell.pane.fill(own);
      this.links.forget(cell.pane);
    } else {
      cell.pane = new Pane(stage.cornerstone, stage.engine, cell.element, own);
      stage.enter(cell.pane);
      watchCorners(stage, cell.pane);
      this.links.watch(cell.pane);
      if (cell.words) cell.element.append(cell.words);
    }
    cell.pane.series = series;
    cell.pane.query = "";
    this.#title(cell);
    const beside = cell.pane === stage.pane ? stage.panes.find((pane) => pane !== cell.pane) : stage.pane;
    const at = beside ? this.links.placeIn(cell.pane, beside) : null;
    await stage.go(at ?? Math.floor(own.length / 2), {}, cell.pane);
    return true;
  }

  /** Put a series into the pane that is chosen, and work on it. */
  async put(series, cell = this.target) {
    this.target = cell;
    this.#keep();
    if (!await this.#fill(cell, series)) return;
    this.stage.active = cell.pane;
    this.#mark();
    this.#turnPage();
  }

  /** Choose a pane: stepper, windows and keys act on it, and the next series goes there. */
  activate(cell) {
    if (cell === this.target) return;
    this.target = cell;
    if (cell.pane && cell.pane !== this.stage.pane) {
      this.#keep();
      this.stage.active = cell.pane;
      this.#turnPage();
    }
    this.#mark();
  }

  /** Follow the page to a series: to the pane that shows it, else it comes into the one at work. */
  async followTo(series) {
    const cell = this.cells.find(({ pane }) => pane?.series === series) ?? this.target;
    this.target = cell;
    if (cell.pane?.series !== series && !await this.#fill(cell, series)) return;
    this.stage.active = cell.pane;
    this.#mark();
  }

  next(by) {
    if (!this.isMany) return false;
    const { length } = this.cells;
    this.activate(this.cells[(this.cells.indexOf(this.target) + by + length) % length]);
    return true;
  }

  // How the pane at work is looked at, for when it is worked on again.
  #keep() {
    const query = new URLSearchParams(location.search);
    for (const name of NAMES) query.delete(name);
    this.stage.pane.query = query.toString();
  }

  /** Let the page be that of the pane at work. */
  #turnPage() {
    const { pane, figure } = this.stage;
    const url = new URL(location.href);
    url.pathname = addressOf(pane.series);
    url.search = pane.query;
    this.stage.describe(url);
    if (figure.dataset.series === pane.series) step(pane.index, true);
    // The slider of another stack takes the place of this one.
    else for (const held of document.querySelectorAll(".viewer-steps, [data-stepper]")) held.removeAttribute("data-hold");
    this.settle(url);
  }

  /** Let the address, and so the links of the page, say which panes there are. */
  settle(url = new URL(location.href)) {
    this.describe(url);
    // At once: what is done by hand meanwhile starts from here.
    history.replaceState({ swapped: true }, "", url);
    visit(url.href, { push: false });
  }

  /** Put into an address which panes there are. */
  describe({ searchParams }) {
    for (const name of NAMES) searchParams.delete(name);
    if (!this.isMany) return;
    searchParams.set("layout", this.kind);
    searchParams.set("with", this.cells.map(({ pane }) => pane?.series ?? "").join(","));
    for (const [name, value] of Object.entries(this.links.asked)) searchParams.set(name, value);
  }

  #mark() {
    for (const cell of this.cells) cell.element.toggleAttribute("data-active", this.isMany && cell === this.target);
    const { series } = this.stage.pane;
    const links = railLinks();
    const at = links.findIndex((link) => link.dataset.series === series);
    for (const [place, link] of links.entries()) {
      link.toggleAttribute("aria-current", place === at);
      if (place === at) link.setAttribute("aria-current", "page");
      const way = at < 0 ? "" : { [at - 1]: "previous-series", [at + 1]: "next-series" }[place];
      if (way) link.dataset.step = way;
      else delete link.dataset.step;
    }
    for (const tab of document.querySelectorAll(".viewer-head .segmented a")) tab.pathname = addressOf(series);
    for (const button of document.querySelectorAll("[data-layout-kind]")) {
      button.setAttribute("aria-pressed", String(button.dataset.layoutKind === this.kind));
    }
    this.links.mark(this.isMany);
  }
}

/** The layouts of a stage, by its menu, by the rail, by keys and by the address. */
export async function startLayout(stage) {
  const layout = stage.layout = new Layout(stage);
  const { area } = layout;
  document.querySelector("[data-tools]")?.addEventListener("click", async ({ target }) => {
    const { layoutKind, link, same } = target.closest("button")?.dataset ?? {};
    if (layoutKind) await layout.arrange(layoutKind);
    else if (link) layout.links.choose(link);
    else if (same) layout.links.toggle(same);
    else return;
    layout.links.mark(layout.isMany);
    // A step just made may not stand in the address yet.
    const url = new URL(location.href);
    stage.describe(url);
    layout.settle(url);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".viewer-rail a[data-series]");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || !layout.isMany || !stage.isLive) return;
    event.preventDefault();
    layout.put(link.dataset.series);
  });
  startDragging(layout);
  area.addEventListener("pointerdown", ({ target }) => {
    const cell = layout.cellOf(target);
    if (cell) layout.activate(cell);
  }, true);
  area.addEventListener("wheel", (event) => wheelIn(layout, event), { capture: true, passive: false });
  bind(".", () => layout.next(1));
  bind(",", () => layout.next(-1));
  const asked = new URLSearchParams(location.search);
  layout.links.restore(asked);
  if (COUNTS[asked.get("layout")] > 1) {
    await layout.arrange(asked.get("layout"), (asked.get("with") ?? "").split(",").map((one) => (/^\d+$/.test(one) ? one : "")));
  }
}

// The wheel works where the pointer is; until the page has turned to that pane, without the page's slider.
function wheelIn(layout, event) {
  const cell = layout.cellOf(event.target);
  if (!layout.isMany || !cell?.pane || event.ctrlKey || Math.abs(event.deltaY) < Math.abs(event.deltaX)) return;
  layout.activate(cell);
  const { stage } = layout;
  if (!stage.isTurning) return;
  event.preventDefault();
  event.stopPropagation();
  stage.ahead = cell.pane;
  const to = cell.pane.index + Math.sign(event.deltaY);
  if (to >= 0 && to < cell.pane.frames.count) stage.go(to);
}

function startDragging(layout) {
  let dragged = "";
  document.addEventListener("dragstart", ({ target }) => {
    dragged = target.closest?.(".viewer-rail a[data-series]")?.dataset.series ?? "";
  });
  document.addEventListener("dragend", () => { dragged = ""; over(null); });
  const over = (cell) => {
    for (const one of layout.cells) one.element.toggleAttribute("data-over", one === cell);
  };
  layout.area.addEventListener("dragover", (event) => {
    const cell = dragged && layout.cellOf(event.target);
    over(cell || null);
    if (cell) event.preventDefault();
  });
  layout.area.addEventListener("dragleave", () => over(null));
  layout.area.addEventListener("drop", (event) => {
    const cell = dragged && layout.cellOf(event.target);
    over(null);
    if (!cell) return;
    event.preventDefault();
    layout.put(dragged, cell);
  });
}
