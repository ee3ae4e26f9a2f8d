// What a drag does on the planes: it moves the point they all go through, windows them, moves or zooms one of them.
// The pictures are the server's, asked for as fast as they come, so that each is the very picture that stays.
import { dot, vector } from "../directions.js";
import { follower } from "../follower.js";
import { bind } from "../keys.js";
import { cutAt } from "../planes.js";
import { windowBetween } from "./numbers.js";
import { dragged } from "./window_tool.js";

const ZOOM_SHARE = 1 / 160;
const WHEEL_SHARE = 1 / 400;
const [LEAST_ZOOM, MOST_ZOOM] = [1, 16];
/** Of a window as wide nobody sees the parts of a unit. */
const WIDE = 50;
const KEYS = { cross: "k", window: "w", pan: "m", zoom: "z" };

// What outlives the exchanges of the page: which tool is chosen, and how each plane is moved and zoomed.
let chosen = "cross";
const places = new Map();
let board = null;

/** Wake the drags of the planes in a form; it is new after each exchange of the page. */
export function startCrosshair(form) {
  const isFirst = board === null;
  board = new Board(form);
  if (isFirst) startTools();
}

class Board {
  constructor(form) {
    this.form = form;
    this.panes = [...form.querySelectorAll("[data-plane]")];
    this.shows = new Map(this.panes.map((pane) => [pane, follower(pane.querySelector("img"))]));
    for (const pane of this.panes) this.#wake(pane);
    this.choose(chosen);
  }

  choose(tool) {
    chosen = tool;
    this.form.dataset.drags = tool;
    for (const button of document.querySelectorAll("[data-plane-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.planeTool === tool));
    }
  }

  #wake(pane) {
    const drawing = pane.querySelector("svg");
    let from = null;
    this.#lay(pane);
    drawing.addEventListener("pointerdown", (event) => {
      if (event.target.matches(".plane-grip") && event.button === 0) return;
      event.preventDefault();
      drawing.setPointerCapture(event.pointerId);
      const [x, y] = [event.clientX, event.clientY];
      from = { x, y, start: [x, y], window: this.window, way: ["", "pan", "zoom"][event.button] || chosen };
    });
    drawing.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [across, down] = [event.clientX - from.x, event.clientY - from.y];
      if (!across && !down) return;
      Object.assign(from, { x: event.clientX, y: event.clientY });
      if (from.way === "cross") this.#cross(pane, event);
      else if (from.way === "window") this.#window(from.window, event.clientX - from.start[0], event.clientY - from.start[1]);
      else if (from.way === "pan") this.#move(pane, across, down);
      else this.#zoom(pane, Math.exp(-down * ZOOM_SHARE), event);
    });
    const over = () => {
      // The click that follows sets the point, and asks for the page.
      if (from?.way === "window") this.form.requestSubmit();
      from = null;
    };
    drawing.addEventListener("pointerup", over);
    drawing.addEventListener("pointercancel", over);
    drawing.addEventListener("contextmenu", (event) => event.preventDefault());
    drawing.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.#zoom(pane, Math.exp(-event.deltaY * WHEEL_SHARE), event);
    }, { passive: false });
  }

  #cross(pane, event) {
    const point = cutAt(this.form, pane, event);
    this.form.dataset.crossing = "";
    for (const other of this.panes) {
      const way = this.form.elements[other.dataset.plane];
      if (!way) this.shows.get(other)({ point: point.map((part) => part.toPrecision(7)).join(",") });
      else {
        this.shows.get(other)({ index: way.value });
        if (way.nextElementSibling?.matches("output")) way.nextElementSibling.textContent = `${way.value} / ${way.max}`;
      }
      this.#rule(other);
    }
  }

  /** Draw the lines on a plane where the others cut it now. */
  #rule(pane) {
    const [corner, right, below] = ["corner", "across", "down"].map((name) => vector(pane.dataset[name]));
    for (const way of this.form.querySelectorAll("[data-direction]")) {
      const line = pane.querySelector(`line.plane-line.plane-${way.name}`);
      if (!line) continue;
      const direction = vector(way.dataset.direction);
      const at = (Number(way.dataset.start) + (Number(way.value) - 1) * Number(way.dataset.stepMm) - dot(corner, direction))
        / Number(pane.dataset.unitMm);
      const [across, down] = [dot(right, direction), dot(below, direction)];
      // Only on planes at right angles; the slanted one has its lines again when the page comes.
      const ends = Math.abs(across) > 0.999 ? ["x1", "x2"] : Math.abs(down) > 0.999 ? ["y1", "y2"] : [];
      for (const end of ends) line.setAttribute(end, (at / (Math.abs(across) > 0.999 ? across : down)).toFixed(1));
      line.toggleAttribute("data-slanted", ends.length === 0);
    }
  }

  /** The window that is shown: that of the fields, or what the page says is black and white. */
  get window() {
    const { width, center } = this.form.elements;
    const { black, white } = this.form.dataset;
    if (width.value && center.value) return { width: Number(width.value), center: Number(center.value) };
    return windowBetween(Number(black), Number(white), false);
  }

  #window(from, across, down) {
    const { width, center } = this.form.elements;
    const next = dragged(from, across, down, Math.min(1, from.width));
    const digits = next.width < WIDE ? 3 : 0;
    width.value = String(Number(next.width.toFixed(digits)));
    center.value = String(Number(next.center.toFixed(digits)));
    // The window in the fields takes the place of one by its name.
    this.form.querySelector("input[type=hidden][name=window]")?.remove();
    for (const show of this.shows.values()) show({ window: width.value, level: center.value });
  }

  #move(pane, across, down) {
    const place = this.#place(pane);
    place.x += across;
    place.y += down;
    this.#lay(pane);
  }

  /** Zoom a plane about what is pointed at. */
  #zoom(pane, times, { clientX, clientY }) {
    const place = this.#place(pane);
    const zoom = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, place.zoom * times));
    const { left, top, width, height } = pane.querySelector(".plane-picture").getBoundingClientRect();
    const [x, y] = [clientX - left - width / 2, clientY - top - height / 2];
    place.x = x - ((x - place.x) * zoom) / place.zoom;
    place.y = y - ((y - place.y) * zoom) / place.zoom;
    place.zoom = zoom;
    this.#lay(pane);
  }

  #place(pane) {
    const name = pane.dataset.plane;
    if (!places.has(name)) places.set(name, { x: 0, y: 0, zoom: 1 });
    return places.get(name);
  }

  #lay(pane) {
    const { x, y, zoom } = this.#place(pane);
    const isUsual = !x && !y && zoom === 1;
    for (const one of pane.querySelectorAll(".plane-picture > :is(img, svg)")) {
      one.style.transform = isUsual ? "" : `translate(${x}px, ${y}px) scale(${zoom})`;
    }
  }

  reset() {
    places.clear();
    for (const pane of this.panes) this.#lay(pane);
  }
}

function startTools() {
  for (const button of document.querySelectorAll("[data-plane-tools] button")) button.disabled = false;
  document.querySelector("[data-plane-tools]")?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.planeTool) board.choose(button.dataset.planeTool);
    else if (button) board.reset();
  });
  const alive = (deed) => () => (board.form.isConnected ? void deed() : false);
  for (const [tool, key] of Object.entries(KEYS)) bind(key, alive(() => board.choose(tool)));
  bind("=", alive(() => board.reset()));
}
