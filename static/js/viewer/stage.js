// The stage: cornerstone takes over the place of the server's picture, and follows what the page says.
import { stackAt } from "../stack.js";
import { isVisiting, visit } from "../swap.js";
import { library } from "./library.js";
import { startCine } from "./cine.js";
import { startCorners } from "./corners.js";
import { startLayout } from "./layout.js";
import { Marks } from "./marks.js";
import { Pane } from "./pane.js";
import { describePlacing, startPlacing } from "./placing.js";
import { Readout } from "./readout.js";
import { step } from "./steps.js";
import { startSaving } from "./saving.js";
import { DEEDS, Tools, startTools } from "./tools.js";
import { startTouch } from "./touch.js";

/** Take over a figure as soon as it can be; until then, and when it cannot, the server's picture stands. */
export async function startStage(figure) {
  try {
    const [cornerstone, list] = await Promise.all([library(figure.dataset.cornerstone), stackAt(figure.dataset.list)]);
    if (figure.isConnected) await new Stage(cornerstone).takeOver(figure, list);
  } catch (error) {
    // The server's picture goes on standing there, and steps as before.
    console.info(`The stage could not start: ${error.message}`);
  }
}

export class Stage {
  constructor(cornerstone) {
    this.cornerstone = cornerstone;
    this.engine = new cornerstone.RenderingEngine("stage");
    this.figure = null;
    this.deeds = { ...DEEDS };
  }

  /** The pane at work. */
  get pane() {
    return this.active;
  }

  /** All panes that show something, in order. */
  get panes() {
    return this.layout ? this.layout.cells.map(({ pane }) => pane).filter(Boolean) : [this.active];
  }

  get list() {
    return this.pane.frames.list;
  }

  /** Whether the page around is still that of another pane. */
  get isTurning() {
    return this.figure.dataset.series !== this.pane.series;
  }

  /** The pane that an element is in. */
  paneOf(element) {
    return this.panes.find((pane) => pane.element.contains(element));
  }

  /** Where a pane says in words what it shows. */
  wordsOf(pane) {
    return this.layout?.cells.find((cell) => cell.pane === pane)?.words ?? this.figure;
  }

  async takeOver(figure, list) {
    this.figure = figure;
    figure.addEventListener("swap:told", () => this.follow());
    this.holder = document.createElement("div");
    this.holder.className = "stage-canvas";
    this.holder.stage = this;
    figure.querySelector("[data-stage-image]").after(this.holder);
    this.tools = new Tools(this);
    this.readout = new Readout(this);
    this.active = new Pane(this.cornerstone, this.engine, this.holder, list);
    this.active.series = figure.dataset.series;
    this.enter(this.active);
    new ResizeObserver(() => this.engine.resize(true, true)).observe(this.holder.parentElement);
    document.addEventListener("stack:show", ({ detail }) => {
      if (this.isTurning) return;
      if (isVisiting() || !this.figure.isConnected) this.ahead = this.pane;
      this.go(detail.index);
    });
    // The page's links are of the image that it came with; the slider may be elsewhere by now.
    document.addEventListener("click", (event) => this.#bringAlong(event.target.closest("[data-swap] a[href]")), true);
    await this.follow();
    startTools(this);
    startCorners(this);
    this.marks = new Marks(this);
    startPlacing(this);
    startSaving(this);
    startCine(this);
    startTouch(this);
    await startLayout(this);
  }

  /** Let tools and pointer work in a pane. */
  enter(pane) {
    this.tools.serve(pane);
    this.readout.watch(pane);
  }

  /** Let go of a pane. */
  leave(pane) {
    this.tools.group.removeViewports(this.engine.id, pane.id);
    pane.close();
    this.engine.disableElement(pane.id);
  }

  #bringAlong(link) {
    if (!this.isLive || !link || link.pathname !== location.pathname || "step" in link.dataset) return;
    const url = new URL(link.href);
    url.searchParams.set("image", this.pane.index + 1);
    this.layout?.describe(url);
    link.href = url.href;
  }

  /** Show what the page says: it is new after each of its exchanges. */
  async follow() {
    const { look, list: address, series } = this.figure.dataset;
    // The words about the picture are new; what it shows still stands.
    if (this.isLive && (this.isTurning || this.ahead === this.pane)) this.tell();
    if (this.isTurning) await this.layout.followTo(series);
    const said = this.told = JSON.parse(look);
    for (const { element } of this.panes) element.toggleAttribute("data-plain", said.plain);
    if (said.picture) {
      // The pictures themselves are others under another look; their numbers are not.
      const list = await stackAt(address);
      for (const [index, one] of list.entries()) this.list[index].src = one.src;
    }
    // Somebody may have stepped on while the page was on its way.
    const isAhead = this.ahead === this.pane;
    this.ahead = null;
    await this.go(isAhead ? this.pane.index : said.number - 1, said);
    if (!isAhead) return;
    // A slider that is new knows where to go when it has its list.
    await stackAt(address);
    step(this.pane.index);
  }

  async go(index, look = this.pane.look, pane = this.pane) {
    const { image } = this;
    const { list } = pane.frames;
    try {
      if (await pane.show(index, look)) {
        pane.element.dataset.shown = index + 1;
        this.#picture(pane, "");
        this.figure.dataset.live = "";
        this.tell(pane);
      }
    } catch {
      // Its picture is a drawing that says why there is none.
      if (pane.index !== index || pane.frames.list !== list) return;
      pane.element.dataset.shown = index + 1;
      if (this.layout?.isMany) {
        this.#picture(pane, list[index].src);
        this.figure.dataset.live = "";
        return;
      }
      if (this.list[index].src !== image.getAttribute("src")) image.src = this.list[index].src;
      delete this.figure.dataset.live;
    }
  }

  /** Draw what lies over the pictures anew. */
  render() {
    const ids = this.panes.map((pane) => pane.id);
    this.cornerstone.toolUtilities.triggerAnnotationRenderForViewportIds(ids);
  }

  // The server's picture, over a pane that has others beside it.
  #picture(pane, src) {
    const image = this.layout?.cells.find((cell) => cell.pane === pane)?.words?.querySelector("[data-pane-picture]");
    if (!image || (image.hidden && !src)) return;
    image.hidden = !src;
    if (src) image.src = src;
  }

  /** Whether it shows what the page says, and the keys are its own. */
  get isLive() {
    return this.holder.isConnected && "live" in this.figure.dataset;
  }

  get image() {
    return this.figure.querySelector("[data-stage-image]");
  }

  /** Let the page say what the stage shows: its address, its list of windows, its words. */
  settle() {
    const url = new URL(location.href);
    this.describe(url);
    if (url.href !== location.href) visit(url.href, { push: false });
  }

  /** Put into an address which image is shown, and through which window. */
  describe({ searchParams }) {
    const { look, index } = this.pane;
    if (look.window) {
      searchParams.delete("window");
      for (const [name, value] of Object.entries(look.window)) searchParams.set(name, Number(value.toPrecision(7)));
    }
    searchParams.set("image", index + 1);
    describePlacing(this.pane, searchParams);
  }

  /** Say in the corners what is shown now. */
  tell(pane = this.pane) {
    this.figure.dispatchEvent(new CustomEvent("stage:shown", { bubbles: true, detail: { stage: this, pane } }));
  }
}
