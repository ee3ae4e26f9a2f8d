// The stage: cornerstone takes over the place of the server's picture, and follows what the page says.
import { stackAt } from "../stack.js";
import { visit } from "../swap.js";
import { library } from "./library.js";
import { startCorners } from "./corners.js";
import { Marks } from "./marks.js";
import { Pane } from "./pane.js";
import { DEEDS, Tools, startTools } from "./tools.js";

/** Take over a figure as soon as it can be; until then, and when it cannot, the server's picture stands. */
export async function startStage(figure) {
  try {
    const [cornerstone, list] = await Promise.all([library(figure.dataset.cornerstone), stackAt(figure.dataset.list)]);
    if (figure.isConnected) await new Stage(cornerstone, list).takeOver(figure);
  } catch (error) {
    // The server's picture goes on standing there, and steps as before.
    console.info(`The stage could not start: ${error.message}`);
  }
}

export class Stage {
  constructor(cornerstone, list) {
    this.cornerstone = cornerstone;
    this.list = list;
    this.engine = new cornerstone.RenderingEngine("stage");
    this.figure = null;
    this.deeds = { ...DEEDS };
  }

  get pane() {
    return this.panes[0];
  }

  async takeOver(figure) {
    this.figure = figure;
    figure.addEventListener("swap:told", () => this.follow());
    this.holder = document.createElement("div");
    this.holder.className = "stage-canvas";
    this.holder.stage = this;
    figure.querySelector("[data-stage-image]").after(this.holder);
    this.tools = new Tools(this);
    this.panes = [new Pane(this.cornerstone, this.engine, this.holder, this.list)];
    this.tools.serve(this.pane);
    new ResizeObserver(() => this.engine.resize(true, true)).observe(this.holder);
    document.addEventListener("stack:show", (event) => this.go(event.detail.index));
    // The page's links are of the image that it came with; the slider may be elsewhere by now.
    document.addEventListener("click", (event) => this.#bringAlong(event.target.closest("[data-swap] a[href]")), true);
    await this.follow();
    startTools(this);
    startCorners(this);
    this.marks = new Marks(this);
  }

  #bringAlong(link) {
    if (!this.isLive || !link || link.pathname !== location.pathname || "step" in link.dataset) return;
    const url = new URL(link.href);
    url.searchParams.set("image", this.pane.index + 1);
    link.href = url.href;
  }

  /** Show what the page says: it is new after each of its exchanges. */
  async follow() {
    const { look, list: address } = this.figure.dataset;
    const said = JSON.parse(look);
    this.holder.toggleAttribute("data-plain", said.plain);
    if (said.picture) {
      // The pictures themselves are others under another look; their numbers are not.
      const list = await stackAt(address);
      for (const [index, one] of list.entries()) this.list[index].src = one.src;
    }
    await this.go(said.number - 1, said);
  }

  async go(index, look = this.pane.look) {
    const { image } = this;
    try {
      if (await this.pane.show(index, look)) {
        this.holder.dataset.shown = index + 1;
        this.figure.dataset.live = "";
        this.tell();
      }
    } catch {
      // Its picture is a drawing that says why there is none.
      if (this.pane.index !== index) return;
      if (this.list[index].src !== image.getAttribute("src")) image.src = this.list[index].src;
      delete this.figure.dataset.live;
      this.holder.dataset.shown = index + 1;
    }
  }

  /** Draw what lies over the pictures anew. */
  render() {
    const ids = this.panes.map((pane) => pane.id);
    this.cornerstone.toolUtilities.triggerAnnotationRenderForViewportIds(ids);
  }

  /** Whether it shows what the page says, and the keys are its own. */
  get isLive() {
    return this.figure.isConnected && "live" in this.figure.dataset;
  }

  get image() {
    return this.figure.querySelector("[data-stage-image]");
  }

  /** Let the page say what the stage shows: its address, its list of windows, its words. */
  settle() {
    const url = new URL(location.href);
    const { window } = this.pane.look;
    if (window) {
      url.searchParams.delete("window");
      for (const [name, value] of Object.entries(window)) url.searchParams.set(name, Number(value.toPrecision(7)));
    }
    url.searchParams.set("image", this.pane.index + 1);
    if (url.href !== location.href) visit(url.href, { push: false });
  }

  /** Say in the corners what is shown now. */
  tell() {
    this.figure.dispatchEvent(new CustomEvent("stage:shown", { bubbles: true, detail: { stage: this } }));
  }
}
