// The oblique plane: it follows its two sliders, and its lines on the other planes turn it when they are dragged.
import { anglesOf, cross, dot, normalOf, turned, vector } from "./directions.js";
import { follower } from "./follower.js";

export function startSlanting(form) {
  const own = form.querySelector("[data-plane=oblique]");
  if (!own) return;
  const { tilt, turn } = form.elements;
  const show = follower(own.querySelector("img"));
  const others = [...form.querySelectorAll("[data-plane]")].filter((pane) => pane !== own);

  function paint() {
    const normal = normalOf(Number(tilt.value), Number(turn.value));
    for (const slider of [tilt, turn]) slider.nextElementSibling.textContent = `${slider.value}°`;
    // What is drawn beside the picture comes again with the page; until then it would be of another plane.
    own.dataset.moving = "";
    for (const pane of others) draw(pane, normal);
    show({ normal: normal.map((part) => part.toPrecision(6)).join(",") });
  }

  for (const slider of [tilt, turn]) slider.addEventListener("input", paint);
  for (const pane of others) startGrip(pane);

  function startGrip(pane) {
    const drawing = pane.querySelector("svg");
    const grip = drawing.querySelector(".plane-grip");
    if (!grip) return;
    const axis = cross(vector(pane.dataset.across), vector(pane.dataset.down));
    let from = null;
    const angleAt = (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
      const [x, y] = vector(pane.dataset.cross);
      return Math.atan2(point.y - y, point.x - x);
    };
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      grip.setPointerCapture(event.pointerId);
      from = { angle: angleAt(event), normal: normalOf(Number(tilt.value), Number(turn.value)) };
    });
    grip.addEventListener("pointermove", (event) => {
      if (!from) return;
      const next = anglesOf(turned(from.normal, axis, angleAt(event) - from.angle));
      tilt.value = next.tilt;
      turn.value = next.turn;
      paint();
    });
    const over = () => { if (from) { from = null; form.requestSubmit(); } };
    grip.addEventListener("pointerup", over);
    grip.addEventListener("pointercancel", over);
    // The click that ends a drag is none on the plane.
    grip.addEventListener("click", (event) => event.stopPropagation());
  }
}

/** Draw the line where the oblique plane cuts another one, from edge to edge. */
function draw(pane, normal) {
  const way = [dot(normal, vector(pane.dataset.down)), -dot(normal, vector(pane.dataset.across))];
  const start = vector(pane.dataset.cross);
  const { width, height } = pane.querySelector("svg").viewBox.baseVal;
  let [first, last] = [-Infinity, Infinity];
  for (const [axis, side] of [width, height].entries()) {
    const reach = [-start[axis] / way[axis], (side - start[axis]) / way[axis]];
    first = Math.max(first, Math.min(...reach));
    last = Math.min(last, Math.max(...reach));
  }
  for (const line of pane.querySelectorAll("line.plane-oblique, .plane-grip")) {
    line.toggleAttribute("hidden", !(Math.hypot(...way) > 0.02 && first < last));
    for (const [name, axis, at] of [["x1", 0, first], ["y1", 1, first], ["x2", 0, last], ["y2", 1, last]]) {
      if (first < last) line.setAttribute(name, (start[axis] + at * way[axis]).toFixed(1));
    }
  }
}
