// A whole volume from any side: it follows its sliders and a drag, and turns by itself when asked to.
import { gaze, letter } from "./directions.js";
import { follower } from "./follower.js";
import { bind } from "./keys.js";

const STEP_DEGREES = 5;
const PAUSE_MS = 60;
const DRAGGED_DEGREES = 0.5;
// Drawn in the browser there is no waiting between two pictures, and more of them make a turn.
const LIVE = { degrees: 1, pauseMs: 30 };

export function startTurning(form) {
  const stage = form.querySelector("[data-stage3d]");
  const image = stage.querySelector("img");
  const play = form.querySelector("[data-play]");
  const { angle, tilt } = form.elements;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const show = follower(image, () => { if (plays) later = setTimeout(step, PAUSE_MS); });
  let plays = false;
  let later = 0;
  let from = null;
  let isLive = false;

  function paint() {
    for (const slider of [angle, tilt]) slider.nextElementSibling.textContent = `${slider.value}°`;
    const { across, down } = gaze(Number(angle.value), Number(tilt.value));
    letter(stage, across, down);
    const look = { angle: Number(angle.value), tilt: Number(tilt.value) };
    isLive = tell("look", look);
    if (!isLive) show(look);
    else if (plays) {
      clearTimeout(later);
      later = setTimeout(step, LIVE.pauseMs);
    }
  }

  // Whoever draws the volume in the browser takes it from here.
  const tell = (what, detail) => !stage.dispatchEvent(new CustomEvent(`turning:${what}`, { cancelable: true, detail }));
  const rest = () => { if (!tell("rest")) form.requestSubmit(); };

  const around = (degrees) => String(((Math.round(degrees) % 360) + 360) % 360);

  function step() {
    if (!plays || !form.isConnected) return;
    angle.value = around(Number(angle.value) + (isLive ? LIVE.degrees : STEP_DEGREES));
    paint();
  }

  function toggle() {
    plays = !plays;
    clearTimeout(later);
    const words = plays ? "Stand still" : "Turn by itself";
    play.querySelector("span").textContent = words;
    play.title = `${words} (c)`;
    const use = play.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, plays ? "#pause" : "#play"));
    if (plays) step();
    else rest();
  }

  for (const slider of [angle, tilt]) slider.addEventListener("input", paint);
  const settle = () => {
    play.hidden = calm.matches;
    if (calm.matches && plays) toggle();
  };
  calm.addEventListener("change", settle);
  settle();
  play.addEventListener("click", toggle);
  bind("c", () => {
    if (!form.isConnected || play.hidden) return false;
    toggle();
    return true;
  });
  image.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    image.setPointerCapture(event.pointerId);
    from = { x: event.clientX, y: event.clientY, angle: Number(angle.value), tilt: Number(tilt.value) };
  });
  image.addEventListener("pointermove", (event) => {
    if (!from) return;
    angle.value = around(from.angle - (event.clientX - from.x) * DRAGGED_DEGREES);
    tilt.value = String(Math.round(from.tilt + (event.clientY - from.y) * DRAGGED_DEGREES));
    paint();
  });
  const over = () => {
    if (!from) return;
    from = null;
    if (!plays) rest();
  };
  image.addEventListener("pointerup", over);
  image.addEventListener("pointercancel", over);
}
