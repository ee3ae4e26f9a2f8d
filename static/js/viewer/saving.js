// What is on the stage as a file: its panes beside each other as on screen, with marks and words where they are asked for.
import { askChoices } from "../dialogs.js";
import { bind } from "../keys.js";
import { show } from "../toasts.js";

const KEPT = "save-picture";
const EDGE = 3;

export function startSaving(stage) {
  stage.deeds.save = () => void save(stage);
  bind("S", () => (stage.isLive ? void save(stage) : false));
}

async function save(stage) {
  if (!stage.isLive) return;
  const kept = choicesKept();
  const chosen = await askChoices("Save the picture", {
    marks: ["With marks", kept.marks],
    words: ["With the words in the corners, and those beside marks", kept.words],
  }, "Save");
  if (!chosen) return;
  try {
    localStorage.setItem(KEPT, JSON.stringify(chosen));
  } catch { /* Not kept, then. */ }
  try {
    const canvas = await drawn(stage, chosen);
    leave(await canvas.convertToBlob({ type: "image/png" }));
  } catch (error) {
    show("The picture could not be saved. “This view as PNG” makes one on the server.", { kind: "warn", replaces: "save" });
    console.info(`No picture: ${error.message}`);
  }
}

function choicesKept() {
  try {
    return { marks: true, words: false, ...JSON.parse(localStorage.getItem(KEPT)) };
  } catch {
    return { marks: true, words: false };
  }
}

function leave(blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = "view.png";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The panes of a stage on one canvas, each pixel of theirs a pixel of its. */
export async function drawn(stage, { marks, words }) {
  const panes = stage.panes.filter((pane) => pane.element.clientWidth > 0);
  const boxes = panes.map((pane) => pane.element.getBoundingClientRect());
  const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
  const [right, bottom] = [Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom))];
  const scale = panes[0].viewport.getCanvas().width / boxes[0].width;
  const canvas = new OffscreenCanvas(Math.round((right - left) * scale), Math.round((bottom - top) * scale));
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const [index, pane] of panes.entries()) {
    const box = boxes[index];
    const [x, y] = [Math.round((box.left - left) * scale), Math.round((box.top - top) * scale)];
    context.drawImage(pane.viewport.getCanvas(), x, y);
    const layer = marks && pane.element.querySelector(".svg-layer");
    if (layer && getComputedStyle(layer).display !== "none") context.drawImage(await pictureOf(layer, box, scale, words), x, y);
  }
  if (words) write(context, stage.figure, { left, top, scale });
  return canvas;
}

// What people wrote may name a person: it leaves with the other words, and never while identities are hidden.
async function pictureOf(layer, { width, height }, scale, words) {
  const copy = layer.cloneNode(true);
  if (!words || "privacy" in document.documentElement.dataset) {
    for (const named of copy.querySelectorAll("[data-identity]")) named.remove();
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("width", width * scale);
  copy.setAttribute("height", height * scale);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  return image;
}

// The words over the picture, each where it stands on the page; what is hidden there stays hidden.
function write(context, figure, { left, top, scale }) {
  context.save();
  context.scale(scale, scale);
  context.textBaseline = "alphabetic";
  context.lineJoin = "round";
  for (const line of figure.querySelectorAll(".viewer-corner span, .side")) {
    const style = getComputedStyle(line);
    if (style.visibility === "hidden" || !line.getClientRects().length) continue;
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.fillStyle = style.color;
    context.strokeStyle = "rgb(0 0 0 / 70%)";
    context.lineWidth = EDGE;
    for (const { word, box } of wordsIn(line)) {
      const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } = context.measureText(word);
      const at = [box.left - left, box.top - top + (box.height - ascent - descent) / 2 + ascent];
      context.strokeText(word, ...at);
      context.fillText(word, ...at);
    }
  }
  context.restore();
}

function* wordsIn(element) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const box = range.getBoundingClientRect();
      if (box.width) yield { word, box };
    }
  }
}
