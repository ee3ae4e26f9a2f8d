// A volume in the hand: a drag turns it, with Shift or the middle button moves it, with the right one zooms; two fingers do both.
import { bind } from "../../keys.js";

const DEGREES = 0.5;
const KEY_DEGREES = 5;
const ZOOM_STEP = 1.25;
const ZOOM_SHARE = 1 / 160;
const WHEEL_SHARE = 1 / 500;

const DEEDS = {
  "turn-left": (solid) => spin(solid, 3 * KEY_DEGREES, 0),
  "turn-right": (solid) => spin(solid, -3 * KEY_DEGREES, 0),
  "zoom-in": (solid) => solid.zoom(ZOOM_STEP),
  "zoom-out": (solid) => solid.zoom(1 / ZOOM_STEP),
  reset: (solid) => solid.reset(),
};

const KEYS = {
  ArrowLeft: (solid) => spin(solid, KEY_DEGREES, 0),
  ArrowRight: (solid) => spin(solid, -KEY_DEGREES, 0),
  ArrowUp: (solid) => spin(solid, 0, -KEY_DEGREES),
  ArrowDown: (solid) => spin(solid, 0, KEY_DEGREES),
  "+": DEEDS["zoom-in"],
  "-": DEEDS["zoom-out"],
  "=": DEEDS.reset,
};

function spin(solid, across, down) {
  solid.turn(across, down);
  solid.settle();
}

/** Wake the hand, the keys and the buttons of a volume. */
export function startHandling(solid) {
  const { canvas } = solid;
  const fingers = new Map();
  let way = "";

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    way = event.button === 2 ? "zoom" : event.button === 1 || event.shiftKey ? "pan" : "turn";
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const here = [event.clientX, event.clientY];
    const [across, down] = [here[0] - before[0], here[1] - before[1]];
    if (fingers.size === 2) {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
      solid.zoom(apart(here) / apart(before));
      solid.pan(across / 2, down / 2);
    } else if (way === "pan") solid.pan(across, down);
    else if (way === "zoom") solid.zoom(Math.exp(-down * ZOOM_SHARE));
    else solid.turn(-across * DEGREES, down * DEGREES);
    fingers.set(event.pointerId, here);
  });
  const over = (event) => { if (fingers.delete(event.pointerId) && way === "turn") solid.settle(); };
  canvas.addEventListener("pointerup", over);
  canvas.addEventListener("pointercancel", over);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    solid.zoom(Math.exp(-event.deltaY * WHEEL_SHARE));
  }, { passive: false });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-solid-deed]");
    if (button && solid.isLive) DEEDS[button.dataset.solidDeed](solid);
  });
  for (const [key, deed] of Object.entries(KEYS)) {
    bind(key, () => {
      // The arrows are a slider's own while it has the focus.
      if (!solid.isLive || document.activeElement?.matches("input, select")) return false;
      return void deed(solid);
    });
  }
}
