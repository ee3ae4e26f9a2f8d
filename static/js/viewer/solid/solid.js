// The whole volume, drawn in the browser in the place of the server's picture, from the same side and as large.
import { letter } from "../../directions.js";
import { addressOf } from "../../swap.js";
import { Box } from "./box.js";
import { Caster } from "./caster.js";
import { fetchCubes } from "./cubes.js";
import { startHandling } from "./handling.js";
import { Panel } from "./panel.js";
import { directions } from "./sight.js";

const RESTS_MS = 160;
const GLIDE_MS = 320;
const TOO_SLOW_MS = 1500;
const MOST_RATIO = 1.5;
const WHOLE = () => [[0, 1], [0, 1], [0, 1]];

/** Take over a figure as soon as it can be; where it cannot, the server's picture stands and a line says why. */
export async function startSolid(figure) {
  const holder = figure.querySelector(".solid");
  if (holder.solid) {
    holder.solid.follow(figure);
    return;
  }
  const panel = new Panel(figure);
  try {
    const solid = new Solid(holder);
    panel.load();
    const small = matchMedia("(max-width: 760px) and (pointer: coarse)").matches;
    const cubes = await fetchCubes(`${figure.dataset.values}${small ? "&most=128" : ""}`, (share) => panel.progress(share));
    await solid.takeOver(figure, cubes, panel);
  } catch (error) {
    panel.fail(error.message === "no WebGL 2" ? "This browser has no WebGL 2" : error.message);
  }
}

class Solid {
  constructor(holder) {
    this.holder = holder;
    this.canvas = document.createElement("canvas");
    this.caster = new Caster(this.canvas);
    this.view = { angle: 0, tilt: 0, zoom: 1, pan: [0, 0], box: WHOLE() };
    this.rests = 0;
    this.isWanted = false;
    this.isDrawing = false;
  }

  async takeOver(figure, cubes, panel) {
    this.cubes = cubes;
    await this.caster.load(cubes);
    this.holder.solid = this;
    this.holder.append(this.canvas);
    this.box = new Box(this);
    this.#read(figure, panel);
    Object.assign(this.view, this.#asked());
    this.#fit();
    this.caster.dress(this.#look());
    this.caster.share = 5;
    // The first takes the making of the program too, and another may be held up by something else.
    const took = [];
    while (took.length < 3) took.push(await this.caster.sketch(this.view));
    if (Math.min(...took) > TOO_SLOW_MS) {
      this.#leave();
      throw new Error("This machine draws it too slowly");
    }
    // Nothing blurs at hand-over: it is shown when it is as sharp as what it replaces.
    await this.caster.finish(this.view);
    panel.done();
    this.#live();
    startHandling(this);
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.#leave();
      this.panel.fail("The browser took its drawing board away");
    });
    new ResizeObserver(() => { if (this.#fit()) this.moved(); }).observe(this.holder);
  }

  /** The page says something new: another side, other tints, another window. */
  follow(figure) {
    this.#read(figure, new Panel(figure));
    this.#live();
    this.caster.dress(this.#look());
    this.glide(this.#asked());
  }

  get isLive() {
    return this.figure.isConnected && "live" in this.figure.dataset;
  }

  #read(figure, panel) {
    this.figure = figure;
    this.form = figure.closest("form");
    this.panel = panel;
    figure.addEventListener("turning:look", (event) => {
      if (!this.isLive) return;
      event.preventDefault();
      Object.assign(this.view, event.detail);
      this.moved();
    });
    figure.addEventListener("turning:rest", (event) => {
      if (!this.isLive) return;
      event.preventDefault();
      this.settle();
    });
    // The address follows without a new page: it would say nothing that is not seen already.
    this.form.addEventListener("change", (event) => {
      if (!this.isLive || !["angle", "tilt"].includes(event.target.name)) return;
      event.stopImmediatePropagation();
      this.settle();
    }, { capture: true });
  }

  #live() {
    this.figure.dataset.live = "";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", this.figure.querySelector("img").alt);
    this.panel.wake(this);
    this.box.list(this.panel.boxes);
  }

  #leave() {
    clearTimeout(this.rests);
    delete this.figure.dataset.live;
    this.canvas.remove();
    delete this.holder.solid;
  }

  #asked() {
    const { angle, tilt } = this.form.elements;
    return { angle: Number(angle.value), tilt: Number(tilt.value) };
  }

  #look() {
    const { shows, tint, black, white, threshold } = this.figure.dataset;
    const look = { shows, tint, black: Number(black), white: Number(white), threshold: Number(threshold), strength: this.panel.strength };
    return black ? look : { ...look, ...this.caster.meanEnds(this.#asked(), this.cubes.pixels) };
  }

  #fit() {
    const ratio = Math.min(devicePixelRatio || 1, MOST_RATIO);
    const { clientWidth, clientHeight } = this.figure.querySelector("img");
    const [width, height] = [clientWidth, clientHeight].map((side) => Math.max(1, Math.round(side * ratio)));
    if (this.canvas.width === width && this.canvas.height === height) return false;
    Object.assign(this.canvas, { width, height });
    return true;
  }

  /** Millimeters of a pixel of the page. */
  get mmPerPixel() {
    const { clientWidth, clientHeight } = this.canvas;
    return this.cubes.about.reach_mm / Math.min(clientWidth, clientHeight) / this.view.zoom;
  }

  /** Draw it anew as it is looked at now: coarsely at once, finely when it rests. */
  moved() {
    delete this.holder.dataset.fine;
    this.isWanted = true;
    if (!this.isDrawing) this.#draw();
  }

  async #draw() {
    this.isDrawing = true;
    clearTimeout(this.rests);
    while (this.isWanted) {
      await new Promise((resolve) => { requestAnimationFrame(resolve); });
      this.isWanted = false;
      this.box.paint();
      await this.caster.sketch(this.view);
    }
    this.isDrawing = false;
    this.rests = setTimeout(async () => {
      if (await this.caster.finish(this.view)) this.holder.dataset.fine = "";
    }, RESTS_MS);
  }

  /** Turn by so many degrees, as if the sliders had been moved. */
  turn(across, down) {
    const { angle, tilt } = this.form.elements;
    const around = (this.view.angle + across) % 360;
    this.view.angle = around < 0 ? around + 360 : around;
    this.view.tilt = Math.max(-90, Math.min(90, this.view.tilt + down));
    for (const [slider, value] of [[angle, this.view.angle], [tilt, this.view.tilt]]) {
      slider.value = String(Math.round(value));
      slider.nextElementSibling.textContent = `${slider.value}°`;
    }
    this.lettered();
    this.moved();
  }

  lettered() {
    const { across, down } = directions(this.view.angle, this.view.tilt);
    letter(this.figure, across, down);
  }

  zoom(times) {
    this.view.zoom = Math.max(0.25, Math.min(12, this.view.zoom * times));
    this.moved();
  }

  pan(across, down) {
    this.view.pan = [this.view.pan[0] + across * this.mmPerPixel, this.view.pan[1] + down * this.mmPerPixel];
    this.moved();
  }

  /** As large, in the middle and whole again. */
  reset() {
    Object.assign(this.view, { zoom: 1, pan: [0, 0], box: WHOLE() });
    this.box.list(this.panel.boxes);
    this.moved();
  }

  /** Other values are seen, or more of them. */
  redress(changes) {
    for (const [name, value] of Object.entries(changes)) this.figure.dataset[name] = String(value);
    this.caster.dress(this.#look());
    this.moved();
  }

  /** Go to another side in a moment, not at once. */
  glide({ angle, tilt }) {
    const from = { ...this.view };
    const way = ((angle - from.angle + 540) % 360) - 180;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || (!way && tilt === from.tilt);
    const start = performance.now();
    const step = (now) => {
      const share = calm ? 1 : Math.max(0, Math.min(1, (now - start) / GLIDE_MS));
      const eased = share * share * (3 - 2 * share);
      this.view.angle = share === 1 ? angle : from.angle + way * eased;
      this.view.tilt = from.tilt + (tilt - from.tilt) * eased;
      this.moved();
      if (share < 1) requestAnimationFrame(step);
    };
    if (calm) step(start);
    else requestAnimationFrame(step);
  }

  /** Let the address and the links of the page say what is looked at. */
  settle() {
    const address = new URL(addressOf(this.form));
    history.replaceState(history.state, "", address.href);
    const { angle, tilt } = this.form.elements;
    for (const link of this.form.querySelectorAll("a[href]")) {
      const url = new URL(link.href);
      if (link.closest(".turning-sides")) {
        const isHere = url.searchParams.get("angle") === angle.value && url.searchParams.get("tilt") === tilt.value;
        link.toggleAttribute("aria-current", isHere);
        if (isHere) link.setAttribute("aria-current", "true");
      } else if (url.pathname === location.pathname) {
        for (const name of ["angle", "tilt"]) url.searchParams.set(name, address.searchParams.get(name));
        link.href = url.href;
      }
    }
  }
}
