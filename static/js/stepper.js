// The image page: slider, keys and wheel step through the series. The picture follows at once; the words when it rests.
import { bind } from "./keys.js";
import { stackAt } from "./stack.js";
import { isVisiting, visit } from "./swap.js";

const RESTS_MS = 260;
const AHEAD = 4;

/** Whether a stage of its own shows the stack, not the picture of the page. */
const isLive = () => document.querySelector("[data-stage][data-live]") !== null;

export function startStepper(form) {
  const slider = form.querySelector("input[type=range]");
  const says = form.querySelector("output");
  const image = document.querySelector("[data-stage-image]");
  const stage = document.querySelector("[data-stage]");
  const count = Number(slider.max);
  const pictures = new Map();
  let stack = null;
  let rests = 0;
  let held = false;
  let playing = false;

  const link = (which) => document.querySelector(`[data-step="${which}"][href]`);
  const follow = (which) => { const way = link(which); way?.click(); return Boolean(way); };

  function fetchPicture(index) {
    if (index < 0 || index >= count || pictures.has(index)) return pictures.get(index);
    const one = new Image();
    one.decoding = "async";
    one.src = stack[index].full ?? stack[index].src;
    pictures.set(index, one);
    return one;
  }

  function paint() {
    const at = Number(slider.value) - 1;
    says.textContent = `${at + 1} / ${count}`;
    // The line under the picture goes with it; of a frame that none is known of it says nothing.
    const line = document.querySelector("[data-frame-line]");
    if (line) line.textContent = stack[at].says ?? "";
    // A stage that is live has frames of its own.
    document.dispatchEvent(new CustomEvent("stack:show", { detail: { index: at } }));
    if (isLive()) return;
    // Marks are of one picture; those of the next come with its words.
    for (const drawn of document.querySelectorAll("[data-marks-drawn]")) drawn.hidden = Number(drawn.dataset.at) !== at + 1;
    const one = fetchPicture(at);
    const put = () => { if (Number(slider.value) - 1 === at) image.src = one.src; };
    if (one.complete) put();
    else one.addEventListener("load", put, { once: true });
    for (let step = 1; step <= AHEAD; step += 1) { fetchPicture(at + step); if (step < 3) fetchPicture(at - step); }
  }

  function rest() {
    if (!form.isConnected) return;
    // Not under a finger that still holds the slider, nor while it is played.
    if (held || playing) return;
    if (isVisiting()) {
      // A window that was just chosen: its page is not to be overtaken.
      rests = setTimeout(rest, RESTS_MS);
      return;
    }
    const url = here();
    if (!url) return;
    if (url.href === location.href) return;
    for (const [which, by] of [["-1", -1], ["1", 1]]) {
      const next = stack[Number(slider.value) - 1 + by]?.href ?? beyond(by);
      for (const way of document.querySelectorAll(`a[data-step="${which}"]`)) {
        if (next) way.href = next;
        else way.removeAttribute("href");
        way.toggleAttribute("aria-disabled", !next);
      }
    }
    visit(url.href, { push: false, hold: true });
  }

  /** The address of what the slider stands at. */
  function here() {
    if (isLive()) {
      // The list may be older than the window that is looked through.
      const url = new URL(location.href);
      url.searchParams.set(slider.name, slider.value);
      return url;
    }
    const { href } = stack[Number(slider.value) - 1];
    if (!href) return null;
    const url = new URL(href, location.href);
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (!url.searchParams.has(name) && name !== "image" && name !== "frame") url.searchParams.set(name, value);
    }
    return url;
  }

  /** Where a step past the first or the last picture leads: to the next part of the same acquisition, if there is one. */
  function beyond(by) {
    return by < 0 ? form.dataset.before : form.dataset.after;
  }

  function go(to) {
    const next = Math.max(1, Math.min(count, to));
    if (!stack || next === Number(slider.value)) return;
    slider.value = next;
    moved();
  }

  function stepBy(by) {
    const to = Number(slider.value) + by;
    const past = to < 1 || to > count ? beyond(by) : "";
    if (past) location.assign(past);
    else go(to);
  }

  function moved() {
    if (!stack) return;
    paint();
    clearTimeout(rests);
    rests = setTimeout(rest, RESTS_MS);
  }

  // A player or a finger on the picture steps too: {index, playing}.
  document.addEventListener("stack:go", ({ detail }) => {
    if (!form.isConnected || !stack) return;
    playing = Boolean(detail.playing);
    if (detail.index + 1 === Number(slider.value)) moved();
    else go(detail.index + 1);
  });

  const step = (by) => () => {
    if (!form.isConnected) return false;
    if (!stack) return follow(String(by));
    stepBy(by);
    return true;
  };

  slider.addEventListener("input", moved);
  slider.addEventListener("pointerdown", () => { held = true; });
  for (const name of ["pointerup", "pointercancel"]) {
    slider.addEventListener(name, () => { held = false; if (stack) { clearTimeout(rests); rests = setTimeout(rest, RESTS_MS); } });
  }
  slider.addEventListener("change", () => { if (!stack && form.getAttribute("action")) form.requestSubmit(); });
  // A slider's own Up means more; here it means the image before, as in every viewer.
  slider.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by) { event.preventDefault(); event.stopPropagation(); step(by)(); }
    const series = { PageUp: "previous-series", PageDown: "next-series" }[event.key];
    if (series) { event.preventDefault(); follow(series); }
  });
  document.addEventListener("click", (event) => {
    const way = event.target.closest("a[data-step='1'], a[data-step='-1']");
    if (!form.isConnected || !way || !stack || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    stepBy(Number(way.dataset.step));
  });
  stage?.querySelector(".stage-picture").addEventListener("wheel", (event) => {
    if (!form.isConnected || !stack || event.ctrlKey || Math.abs(event.deltaY) < Math.abs(event.deltaX)) return;
    event.preventDefault();
    go(Number(slider.value) + Math.sign(event.deltaY));
  }, { passive: false });
  bind("ArrowUp", step(-1));
  bind("ArrowDown", step(1));
  const end = (to, which) => () => {
    if (!form.isConnected) return false;
    if (!stack) return follow(which);
    go(to);
    return true;
  };
  bind("Home", end(1, "first"));
  bind("End", end(count, "last"));

  if (form.dataset.stack && image) {
    stackAt(form.dataset.stack).then((list) => {
      if (list.length !== count) return;
      stack = list;
      fetchPicture(Number(slider.value));
      fetchPicture(Number(slider.value) - 2);
    }).catch(() => { /* The links still step. */ });
  }
}
