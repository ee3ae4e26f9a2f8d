// The words about the picture that change faster than the page: which image, which window, how large, which way round.

const LETTERS = [["R", "L"], ["A", "P"], ["F", "H"]];
const SECOND = 0.25;

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
  const along = place.at && place.axes ? dot(place.at, cross(place.axes)) : null;
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

function letters(figure, pane, place) {
  if (!place.axes) return;
  const { viewUp, viewPlaneNormal } = pane.viewport.getCamera();
  const right = crossed(viewUp, viewPlaneNormal);
  const sides = { top: viewUp, bottom: negative(viewUp), right, left: negative(right) };
  for (const [side, way] of Object.entries(sides)) {
    const mark = figure.querySelector(`.side-${side}`);
    if (mark) mark.textContent = lettersOf(way);
  }
}

/** The side of the patient that a direction leads to, with a second letter when it leans (PS3.3 C.7.6.1.1.1). */
export function lettersOf(way) {
  return way
    .map((share, axis) => ({ size: Math.abs(share), axis, letter: LETTERS[axis][share > 0 ? 1 : 0] }))
    .sort((one, other) => other.size - one.size || other.axis - one.axis)
    .slice(0, 2)
    .filter(({ size }, rank) => rank === 0 || size > SECOND)
    .map(({ letter }) => letter)
    .join("");
}

const negative = (way) => way.map((one) => -one);
const dot = (one, other) => one.reduce((sum, value, axis) => sum + value * other[axis], 0);
const crossed = ([a, b, c], [d, e, f]) => [b * f - c * e, c * d - a * f, a * e - b * d];
const cross = (axes) => crossed(axes.slice(0, 3), axes.slice(3));
