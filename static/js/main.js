// Starts every behaviour where its data attribute stands. Each improves a page that already works.
import { startBoxes } from "./boxes.js";
import { startCopy } from "./copy.js";
import { startConfirm, startDialogs } from "./dialogs.js";
import { startDrawer, startFilters, startMenus } from "./filters.js";
import { startFrames } from "./frames.js";
import { startGrid } from "./grid.js";
import { startHistogram } from "./histogram.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMore } from "./more.js";
import { startFade, startPending } from "./pictures.js";
import { startPlanes } from "./planes.js";
import { startPrivacy } from "./privacy.js";
import { startScrub } from "./scrub.js";
import { startSelection } from "./selection.js";
import { startStepper } from "./stepper.js";
import { onSwap, startSwaps } from "./swap.js";
import { startExplain, startTagFilter } from "./tags.js";
import { startTheme } from "./theme.js";
import { startToast } from "./toasts.js";
import { startTurning } from "./turning.js";
import { dressWords, startWords } from "./words.js";
import { startDrop, startUploadForm } from "./upload/start.js";

// The stage of the viewer is only fetched where there is one.
const startStage = async (figure) => (await import("./viewer/stage.js")).startStage(figure);

const startCrosshair = async (form) => (await import("./viewer/crosshair.js")).startCrosshair(form);
const startSolid = async (figure) => (await import("./viewer/solid/solid.js")).startSolid(figure);

// For the whole page, once.
const page = [startKeys, startSwaps, startTheme, startPrivacy, startDialogs, startConfirm, startMenus, startCopy, startDrop, startWords];

// For each element, when it comes: at first, and when a part of the page was exchanged.
const parts = {
  "[data-fade]": startFade,
  "[data-pending]": startPending,
  "[data-boxes]": startBoxes,
  "[data-drawer]": startDrawer,
  "[data-filters]": startFilters,
  "[data-frames]": startFrames,
  "[data-histogram]": startHistogram,
  "[data-grid]": startGrid,
  "[data-scrub]": startScrub,
  "[data-selection]": startSelection,
  "[data-more]": startMore,
  "[data-live]": startLive,
  "[data-stepper]": startStepper,
  "[data-planes]": startPlanes,
  "[data-cornerstone]": startStage,
  "[data-planes][data-black]": startCrosshair,
  "[data-turning]": startTurning,
  "[data-stage3d]": startSolid,
  "[data-corner-words]": dressWords,
  "[data-tag-filter]": startTagFilter,
  "[data-explain]": startExplain,
  "[data-toast]": startToast,
  "[data-upload]": startUploadForm,
};

const started = new WeakMap();

function enliven(root) {
  for (const [selector, start] of Object.entries(parts)) {
    const found = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.push(root);
    for (const element of found) {
      const done = started.get(element) ?? new Set();
      if (done.has(selector)) continue;
      started.set(element, done.add(selector));
      start(element);
    }
  }
}

for (const start of page) start();
onSwap(enliven);
enliven(document);
document.documentElement.dataset.ready = "";
