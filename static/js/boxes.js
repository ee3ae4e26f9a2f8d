// Boxes over a picture that is reviewed: drawn with a pointer or by keys, and always the same as the form's numbers.
import { bind } from "./keys.js";

const EDGE_PX = { touch: 22, pen: 12, mouse: 9 };
const NAMES = ["left", "top", "width", "height"];
const LEAST = 1;

/** One press for each button that names its key, wherever it stands. */
const presses = { a: "accept", r: "reject", l: "leave", s: "accept+" };

export function startBoxes(root) {
  const form = root.querySelector("form");
  for (const [key, verdict] of Object.entries(presses)) bind(key, () => press(form.querySelector(`[name=verdict][value="${verdict}"]`)));
  bind("Ctrl+z", () => press(form.querySelector("[formaction$='/undo']")));
  for (const [keys, by] of [[["ArrowUp", "ArrowLeft"], -1], [["ArrowDown", "ArrowRight"], 1]]) {
    bind(keys, () => press(root.querySelector(`[data-sight-step="${by}"][href]`)));
  }
  const layer = root.querySelector("[data-box-layer][data-open]");
  if (layer) new Boxes(root, form, layer).start();
}

const within = (number, most) => Math.min(Math.max(number, 0), most);

function press(button) {
  button?.click();
  return Boolean(button);
}

class Boxes {
  constructor(root, form, layer) {
    Object.assign(this, { root, form, layer, chosen: null, drag: null });
    this.columns = Number(root.dataset.columns);
    this.rows = Number(root.dataset.rows);
    this.list = form.querySelector("[data-box-rows]");
    this.step = Math.max(1, Math.round(Math.max(this.columns, this.rows) / 128));
    // Whoever runs scripts draws; a row without numbers would only be in the way of places.
    this.list.querySelector(".needs-no-script")?.remove();
    this.boxes = [...this.list.querySelectorAll("[data-box-row]")].map((row, place) => this.made(row, place));
  }

  start() {
    const layer = this.layer;
    layer.addEventListener("pointerdown", (event) => this.press(event));
    layer.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) layer.addEventListener(name, () => this.release());
    layer.addEventListener("focusin", (event) => this.choose(this.of(event.target)));
    this.list.addEventListener("input", () => this.boxes.forEach((box) => this.show(box)));
    this.list.addEventListener("focusin", (event) => this.choose(this.boxes.find((box) => box.row.contains(event.target))));
    this.form.elements.draw?.addEventListener("click", () => this.draw());
    bind("n", () => this.draw());
    bind(["Enter", "Escape"], () => this.chosen !== null && this.keep());
    bind(["Delete", "Backspace"], () => this.chosen !== null && this.remove());
    for (const [key, [x, y]] of Object.entries({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] })) {
      bind(key, () => this.nudge(x * this.step, y * this.step, 0, 0));
      bind(`Shift+${key}`, () => this.nudge(0, 0, x * this.step, y * this.step));
      bind(`Ctrl+${key}`, () => this.nudge(x, y, 0, 0));
      bind(`Ctrl+Shift+${key}`, () => this.nudge(0, 0, x, y));
    }
  }

  made(row, place) {
    const fields = Object.fromEntries(NAMES.map((name) => [name, row.querySelector(`[name=${name}]`)]));
    const box = { row, fields, tick: row.querySelector("[name=keep]"), rect: this.layer.querySelector(`[data-place="${place}"]`) ?? this.rect(row) };
    box.rect.setAttribute("tabindex", "0");
    box.rect.setAttribute("role", "button");
    box.rect.setAttribute("aria-label", row.querySelector(".choice span").textContent.trim().replace(/\s+/g, " "));
    return box;
  }

  rect(row) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("class", `sight-box sight-${row.querySelector("[name=origin]").value}`);
    this.layer.append(rect);
    return rect;
  }

  of(target) {
    return this.boxes.find((box) => box.rect === target) ?? null;
  }

  numbers(box) {
    return NAMES.map((name) => Number(box.fields[name].value));
  }

  set(box, left, top, width, height) {
    width = Math.min(Math.max(Math.round(width), LEAST), this.columns);
    height = Math.min(Math.max(Math.round(height), LEAST), this.rows);
    left = Math.min(Math.max(Math.round(left), 0), this.columns - width);
    top = Math.min(Math.max(Math.round(top), 0), this.rows - height);
    [left, top, width, height].forEach((number, place) => { box.fields[NAMES[place]].value = String(number); });
    this.show(box);
  }

  show(box) {
    const numbers = this.numbers(box);
    ["x", "y", "width", "height"].forEach((name, place) => box.rect.setAttribute(name, String(Math.max(numbers[place], 0))));
    box.rect.classList.toggle("sight-off", !box.tick.checked);
  }

  choose(box) {
    this.chosen = box ?? null;
    for (const each of this.boxes) {
      each.rect.classList.toggle("sight-chosen", each === box);
      each.row.toggleAttribute("data-chosen", each === box);
    }
  }

  keep() {
    const rect = this.chosen?.rect;
    this.choose(null);
    rect?.blur();
  }

  remove() {
    this.chosen.tick.checked = !this.chosen.tick.checked;
    this.show(this.chosen);
  }

  nudge(x, y, wider, higher) {
    if (this.chosen === null) return false;
    const [left, top, width, height] = this.numbers(this.chosen);
    this.set(this.chosen, left + x, top + y, width + wider, height + higher);
    return true;
  }

  add(left, top, width, height) {
    const row = this.form.querySelector("[data-box-template]").content.firstElementChild.cloneNode(true);
    const place = this.boxes.length;
    row.querySelector("[name=keep]").value = String(place);
    row.querySelector("b").textContent = `Box ${place + 1}`;
    for (const field of row.querySelectorAll("[aria-label]")) field.setAttribute("aria-label", `Box ${place + 1}, ${field.name}`);
    this.list.append(row);
    const box = this.made(row, place);
    this.boxes.push(box);
    this.form.querySelector("[data-box-none]").hidden = true;
    this.set(box, left, top, width, height);
    return box;
  }

  draw() {
    const [width, height] = [this.columns / 3, this.rows / 8];
    const box = this.add((this.columns - width) / 2, (this.rows - height) / 2, width, height);
    box.rect.focus();
    this.choose(box);
  }

  at(event) {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.layer.getScreenCTM().inverse());
    return [x, y];
  }

  press(event) {
    if (event.button !== 0) return;
    const box = this.of(event.target);
    // A finger beside the boxes scrolls the page; it moves and sizes those that are there.
    if (!box && event.pointerType === "touch") return;
    const [x, y] = this.at(event);
    this.layer.setPointerCapture(event.pointerId);
    event.preventDefault();
    if (!box) {
      this.drag = { x, y, box: null, begun: null, sides: null };
      this.choose(null);
      return;
    }
    this.choose(box);
    box.rect.focus();
    const begun = this.numbers(box);
    const reach = (EDGE_PX[event.pointerType] ?? EDGE_PX.mouse) / this.layer.getScreenCTM().a;
    const [left, top, width, height] = begun;
    const near = (distance, size) => Math.abs(distance) < Math.min(reach, size / 3);
    const sides = { left: near(x - left, width), right: near(x - left - width, width), top: near(y - top, height), bottom: near(y - top - height, height) };
    this.drag = { x, y, box, begun, sides };
  }

  move(event) {
    if (!this.drag) return;
    const { drag } = this;
    const [x, y] = this.at(event);
    if (!drag.box) {
      if (Math.hypot(x - drag.x, y - drag.y) < this.step * 2) return;
      [drag.x, drag.y] = [within(drag.x, this.columns), within(drag.y, this.rows)];
      drag.box = this.add(drag.x, drag.y, LEAST, LEAST);
      this.choose(drag.box);
    }
    if (!drag.begun) {
      const [right, below] = [within(x, this.columns), within(y, this.rows)];
      this.set(drag.box, Math.min(right, drag.x), Math.min(below, drag.y), Math.abs(right - drag.x), Math.abs(below - drag.y));
      return;
    }
    const [left, top, width, height] = drag.begun;
    const [dx, dy] = [x - drag.x, y - drag.y];
    const { sides } = drag;
    if (!Object.values(sides).some(Boolean)) {
      this.set(drag.box, left + dx, top + dy, width, height);
      return;
    }
    const [l, r] = [left + (sides.left ? dx : 0), left + width + (sides.right ? dx : 0)];
    const [t, b] = [top + (sides.top ? dy : 0), top + height + (sides.bottom ? dy : 0)];
    this.set(drag.box, Math.min(l, r), Math.min(t, b), Math.abs(r - l), Math.abs(b - t));
  }

  release() {
    if (this.drag?.box) this.drag.box.rect.focus();
    this.drag = null;
  }
}
