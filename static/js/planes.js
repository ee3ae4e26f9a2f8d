// The planes of the viewer: a plane follows its slider and the wheel at once; a click sets where the others cut.
import { dot, vector } from "./directions.js";
import { follower } from "./follower.js";
import { startSlanting } from "./slanting.js";

const RESTS_MS = 220;

export function startPlanes(form) {
  const panes = [...form.querySelectorAll("[data-plane]")];
  for (const pane of panes) startPane(form, pane);
  startSlanting(form);
  startTimes(form, panes);
}

function startPane(form, pane) {
  const slider = form.elements[pane.dataset.plane];
  const drawing = pane.querySelector("svg");
  const show = follower(pane.querySelector("img"));
  let rests = 0;

  if (slider) {
    const follow = () => {
      slider.nextElementSibling.textContent = `${slider.value} / ${slider.max}`;
      show({ index: slider.value });
    };
    slider.addEventListener("input", follow);
    drawing.addEventListener("wheel", (event) => {
      if (event.ctrlKey || Math.abs(event.deltaY) < Math.abs(event.deltaX)) return;
      event.preventDefault();
      slider.value = String(Number(slider.value) + Math.sign(event.deltaY));
      follow();
      clearTimeout(rests);
      rests = setTimeout(() => form.requestSubmit(), RESTS_MS);
    }, { passive: false });
  }
  drawing.addEventListener("click", (event) => {
    // Whoever drags something else on it asks for nothing by letting go.
    if (form.dataset.drags && form.dataset.drags !== "cross") return;
    cutAt(form, pane, event);
    form.requestSubmit();
  });
}

/** Let the others cut a plane where it is pointed at; gives the point in the patient. */
export function cutAt(form, pane, event) {
  const drawing = pane.querySelector("svg");
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
  const { width, height } = drawing.viewBox.baseVal;
  const [x, y] = [Math.max(0, Math.min(width, at.x)), Math.max(0, Math.min(height, at.y))];
  const { corner, across, down, unitMm } = pane.dataset;
  const [start, right, below] = [corner, across, down].map(vector);
  const point = start.map((part, axis) => part + (x * right[axis] + y * below[axis]) * Number(unitMm));
  for (const way of form.querySelectorAll("[data-direction]")) {
    if (way === form.elements[pane.dataset.plane]) continue;
    const number = (dot(point, vector(way.dataset.direction)) - Number(way.dataset.start)) / Number(way.dataset.stepMm);
    way.value = String(Math.max(1, Math.min(Number(way.dataset.count), Math.round(number) + 1)));
  }
  return point;
}

/** Every plane follows the slider of the time points. */
function startTimes(form, panes) {
  const slider = form.querySelector("input[type=range][name=set]");
  if (!slider) return;
  const shows = panes.map((pane) => follower(pane.querySelector("img")));
  slider.addEventListener("input", () => {
    slider.parentElement.querySelector("output").textContent = `${slider.value} / ${slider.max}`;
    for (const show of shows) show({ set: slider.value });
  });
}
