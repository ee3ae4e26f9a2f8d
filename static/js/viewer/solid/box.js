// The part of a volume that is shown: a box whose six faces move by sliders, or by their handles on the picture.
import { letters } from "../../directions.js";
import { axesOf, onPicture } from "./sight.js";

const SIDES = { R: "right", L: "left", A: "front", P: "back", F: "feet", H: "head" };
const ORDER = "RLAPFH";
const LEAST = 0.02;
const EDGES = [[0, 1], [2, 3], [4, 5], [6, 7], [0, 2], [1, 3], [4, 6], [5, 7], [0, 4], [1, 5], [2, 6], [3, 7]];
const NAMES = "http://www.w3.org/2000/svg";

export class Box {
  constructor(solid) {
    this.solid = solid;
    const { about } = solid.cubes;
    this.about = about;
    // A face is an axis of the texture and its end; it is called by the side of the patient that it looks to.
    this.faces = axesOf(about).flatMap(({ way }, axis) => [0, 1].map((end) => {
      const letter = letters(way.map((part) => (end ? part : -part)))[0];
      return { axis, end, letter, name: SIDES[letter] };
    })).sort((one, other) => ORDER.indexOf(one.letter) - ORDER.indexOf(other.letter));
    this.drawing = document.createElementNS(NAMES, "svg");
    this.drawing.setAttribute("class", "solid-box");
    this.drawing.setAttribute("aria-hidden", "true");
    this.lines = EDGES.map(() => this.#put("line"));
    this.handles = this.faces.map((face) => this.#handle(face));
    solid.holder.append(this.drawing);
  }

  #put(name) {
    const one = document.createElementNS(NAMES, name);
    this.drawing.append(one);
    return one;
  }

  /** The sliders, in a part of the page that is new after each of its exchanges. */
  list(place) {
    this.place = place;
    this.sliders = new Map();
    const rows = this.faces.map((face) => {
      const label = document.createElement("label");
      const words = document.createElement("span");
      const slider = document.createElement("input");
      words.textContent = `From the ${face.name}`;
      Object.assign(slider, { type: "range", min: "0", max: "98", step: "1", value: String(this.#cut(face)) });
      slider.addEventListener("input", () => this.#move(face, Number(slider.value) / 100));
      label.className = "plane-slider";
      label.append(words, slider);
      this.sliders.set(face, slider);
      return label;
    });
    place.replaceChildren(...rows);
    const details = place.closest("details");
    details.addEventListener("toggle", () => this.paint());
    this.paint();
  }

  #cut({ axis, end }) {
    const at = this.solid.view.box[axis][end];
    return Math.round(100 * (end ? 1 - at : at));
  }

  /** Cut away so large a share of the whole from a face; a slice of it always stays. */
  #move(face, share) {
    const { axis, end } = face;
    const box = this.solid.view.box.map((ends) => [...ends]);
    const other = box[axis][1 - end];
    box[axis][end] = end ? Math.max(other + LEAST, Math.min(1, 1 - share)) : Math.min(other - LEAST, Math.max(0, share));
    this.solid.view.box = box;
    this.sliders.get(face).value = String(this.#cut(face));
    this.solid.moved();
    this.paint();
  }

  #handle(face) {
    const handle = this.#put("circle");
    handle.setAttribute("r", "7");
    let from = null;
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, at: this.solid.view.box[face.axis][face.end] };
    });
    handle.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [start, end] = [0, 1].map((at) => this.#point([0.5, 0.5, 0.5].map((half, axis) => (axis === face.axis ? at : half))));
      const way = [end[0] - start[0], end[1] - start[1]];
      const length = way[0] ** 2 + way[1] ** 2;
      if (length < 100) return;
      const along = ((event.clientX - from.x) * way[0] + (event.clientY - from.y) * way[1]) / length;
      const at = from.at + along;
      this.#move(face, face.end ? 1 - at : at);
    });
    for (const over of ["pointerup", "pointercancel"]) handle.addEventListener(over, () => { from = null; });
    return handle;
  }

  /** Where a place of the texture lies on the drawing, in pixels of the page. */
  #point(place) {
    const { view, canvas, mmPerPixel } = this.solid;
    const [x, y] = onPicture(this.about, view.angle, view.tilt, place);
    return [canvas.clientWidth / 2 + (x + view.pan[0]) / mmPerPixel, canvas.clientHeight / 2 + (y + view.pan[1]) / mmPerPixel];
  }

  /** Draw the box and its handles while its sliders are open. */
  paint() {
    const isOpen = this.place?.closest("details").open ?? false;
    this.drawing.toggleAttribute("hidden", !isOpen);
    if (!isOpen) return;
    const { box } = this.solid.view;
    const corners = Array.from({ length: 8 }, (_, bits) => this.#point(box.map((ends, axis) => ends[(bits >> axis) & 1])));
    for (const [at, [one, other]] of EDGES.entries()) {
      for (const [name, value] of [["x1", corners[one][0]], ["y1", corners[one][1]], ["x2", corners[other][0]], ["y2", corners[other][1]]]) {
        this.lines[at].setAttribute(name, value.toFixed(1));
      }
    }
    for (const [at, { axis, end }] of this.faces.entries()) {
      const [x, y] = this.#point(box.map((ends, own) => (own === axis ? ends[end] : (ends[0] + ends[1]) / 2)));
      this.handles[at].setAttribute("cx", x.toFixed(1));
      this.handles[at].setAttribute("cy", y.toFixed(1));
    }
  }
}
