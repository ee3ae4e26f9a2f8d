// How the picture lies on the stage - turned, flipped, enlarged, moved - stands in the address, and comes back from it.
import { isVisiting } from "../swap.js";

const RESTS_MS = 700;
const NEARLY = 0.002;

/** Put the picture as the page says it lay, and from then on keep the address true. */
export function startPlacing(stage) {
  const { view } = JSON.parse(stage.figure.dataset.look);
  if (view) place(stage.pane, view);
  let rests = 0;
  const moved = () => {
    clearTimeout(rests);
    rests = setTimeout(settle, RESTS_MS);
  };
  const settle = () => {
    // Another state of the page may be on its way, which is not to be overtaken.
    if (isVisiting()) moved();
    else if (stage.isLive) stage.settle();
  };
  document.addEventListener(stage.cornerstone.Enums.Events.CAMERA_MODIFIED, moved, true);
}

/** Put into the parameters of an address how the picture of a pane lies; nothing of what is usual. */
export function describePlacing(pane, parameters) {
  const { rotation, flipHorizontal, flipVertical, zoom, pan } = pane.viewport.getViewPresentation();
  const far = pan.map((one) => one / pane.element.clientHeight);
  const told = {
    rotate: String(((Math.round(rotation / 90) * 90) % 360 + 360) % 360 || ""),
    flip: `${flipHorizontal ? "h" : ""}${flipVertical ? "v" : ""}`,
    zoom: Math.abs(zoom - 1) > NEARLY ? String(Number(zoom.toPrecision(4))) : "",
    pan: far.some((one) => Math.abs(one) > NEARLY) ? far.map((one) => Number(one.toFixed(4))).join(",") : "",
  };
  for (const [name, value] of Object.entries(told)) {
    if (value) parameters.set(name, value);
    else parameters.delete(name);
  }
}

function place(pane, { rotation, flipHorizontal, flipVertical, zoom, pan }) {
  const { clientHeight } = pane.element;
  pane.present({ rotation, flipHorizontal, flipVertical, zoom });
  // What is moved is moved as it lies then.
  pane.present({ pan: pan.map((one) => one * clientHeight) });
}
