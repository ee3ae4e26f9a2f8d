// Uploading from any page: drops anywhere, the upload page's form, one upload at a time, the rest waits its turn.
import { at } from "../page.js";
import { visit } from "../swap.js";
import { show } from "../toasts.js";
import { fromDrop, fromInput } from "./collect.js";
import { Panel } from "./panel.js";
import { Cancelled, Dropped } from "./server.js";
import { Upload } from "./upload.js";

let panel = null;
let current = null;
const waiting = [];

const guard = (event) => event.preventDefault();

async function begin(entries, collection) {
  if (entries.length === 0) {
    show("There is no file in it.", { kind: "warn", replaces: "upload" });
    return;
  }
  if (current) {
    waiting.push([entries, collection]);
    show("It goes next, after the upload that is under way.", { kind: "info", replaces: "upload" });
    return;
  }
  panel ??= wired(new Panel(document.querySelector("[data-upload-panel]")));
  panel.open();
  current = new Upload(entries, { collection, report: (state) => panel.show({ ...state, url: at(state.url) }) });
  panel.again = () => begin(entries, collection);
  addEventListener("beforeunload", guard);
  try {
    panel.finish(await current.run());
    changed();
  } catch (error) {
    const [sentence, canRetry] = wordsFor(error);
    panel.fail(sentence, canRetry);
    if (current.state.accepted > 0) changed();
  } finally {
    removeEventListener("beforeunload", guard);
    current = null;
    const next = waiting.shift();
    if (next) begin(...next);
  }
}

function wordsFor(error) {
  if (error instanceof Cancelled) return ["Cancelled. What had arrived is kept.", true];
  if (error instanceof Dropped) return ["The connection is gone. What had arrived is kept; trying again sends only the rest.", true];
  return [error.message, false];
}

function wired(made) {
  made.cancelButton.addEventListener("click", () => current?.cancel());
  made.retryButton.addEventListener("click", () => made.again());
  return made;
}

function changed() {
  if (document.querySelector("[data-swap=results]")) visit(location.href, { push: false });
  document.dispatchEvent(new CustomEvent("gallery:changed"));
}

export function startUploadForm(form) {
  const inputs = [...form.querySelectorAll("input[type=file]")];
  const collection = () => form.elements.namedItem("collection")?.value.trim() ?? "";
  const take = (input) => {
    const entries = fromInput(input);
    input.value = "";
    begin(entries, collection());
  };
  for (const input of inputs) input.addEventListener("change", () => { if (input.files.length > 0) take(input); });
  form.addEventListener("submit", (event) => event.preventDefault());
  // Buttons that open a file chooser: [data-choose="name of the input"].
  form.addEventListener("click", (event) => {
    const chooser = event.target.closest("[data-choose]");
    if (chooser) form.elements.namedItem(chooser.dataset.choose).click();
  });
}

export function startDrop() {
  const overlay = document.querySelector("[data-drop-overlay]");
  if (!overlay) return;
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    overlay.hidden = false;
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    overlay.hidden = depth > 0 ? overlay.hidden : true;
  });
  addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    overlay.hidden = true;
    const collection = document.querySelector("[data-upload] [name=collection], [data-upload-collection]")?.value?.trim() ?? "";
    begin(await fromDrop(event.dataTransfer), collection);
  });
}
