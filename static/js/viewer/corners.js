// The words about the picture that change faster than the page: which image, which window, how large, which way round.
import { cross, dot, letter } from "../directions.js";
import { normalOf } from "./ground.js";

export function startCorners(stage) {
  document.addEventListener("stage:shown", ({ detail }) => { if (detail.stage === stage) tell(stage, detail.pane ?? stage.pane); });
  watchCorners(stage, stage.pane);
  tell(stage, stage.pane);
}

/** Let the corners follow what is done to a pane. */
export const watchCorners = (stage, pane) => onCamera(stage, pane, () => tell(stage, pane));

/** Call `deed` when the camera of a pane was moved: once a picture, however many parts the move had. */
export function onCamera(stage, pane, deed) {
  let isDue = false;
  pane.element.addEventListener(stage.cornerstone.Enums.Events.CAMERA_MODIFIED, () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => { isDue = false; deed(); });
  });
}

function tell(stage, pane) {
  const { list } = pane.frames;
  if (!stage.isLive || !list[pane.index]) return;
  const figure = stage.wordsOf(pane);
  const put = (name, words) => {
    const line = figure.querySelector(`[data-live-line="${name}"]`);
    if (!line) return;
    // What the page said may be more of the same, such as the name of a window.
    line.dataset.said ??= line.textContent;
    const told = words && line.dataset.said.startsWith(words) ? line.dataset.said : words;
    if (line.textContent !== told) line.textContent = told;
  };
  const place = list[pane.index];
  const along = place.at && place.axes ? dot(place.at, normalOf(place.axes)) : null;
  put("number", `Image ${pane.index + 1} of ${list.length}`);
  put("place", along === null ? "" : `${number(along, 2)} mm`);
  const { window } = pane;
  if (window) put("window", `W ${number(window.width)} L ${number(window.center)}`);
  put("zoom", `Zoom ${(pane.scale * 100).toFixed(0)} %`);
  letters(figure, pane, place);
}

/** Whole numbers as they are, others with a few digits, with a true minus. */
export function number(value, digits = Math.abs(value) >= 100 ? 0 : 2) {
  return String(Number(value.toFixed(digits))).replace("-", "\u2212");
}

// The camera may have turned or flipped the picture.
function letters(figure, pane, place) {
  if (!place.axes) return;
  const { viewUp, viewPlaneNormal } = pane.viewport.getCamera();
  letter(figure, cross(viewUp, viewPlaneNormal), viewUp.map((part) => -part));
}
