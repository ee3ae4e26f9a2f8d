// The key map: one listener, bindings from anywhere, two-key ways such as "g c".
import { at, isTyping } from "./page.js";

const bindings = new Map();
let prefix = "";
let forgets = 0;

/** Bind keys ("p", "Shift+ArrowLeft", "g c") to a deed; a deed that returns false has not taken the key. */
export function bind(keys, deed) {
  for (const key of [keys].flat()) bindings.set(key, [deed, ...(bindings.get(key) ?? [])]);
}

/** The name of a key press, in the words of `bind`. */
export function nameOf(event) {
  const shifted = event.shiftKey && (event.key.length > 1 || event.key === " ") ? "Shift+" : "";
  const controlled = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  return controlled + shifted + (event.key === " " ? "Space" : event.key);
}

function press(event) {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  if (isTyping(event.target) && event.key !== "Escape") return;
  if (document.querySelector("dialog[open]")) return;
  const name = nameOf(event);
  const way = prefix ? `${prefix} ${name}` : name;
  prefix = "";
  clearTimeout(forgets);
  for (const deed of bindings.get(way) ?? []) {
    if (deed(event) !== false) {
      event.preventDefault();
      return;
    }
  }
  if (!way.includes(" ") && [...bindings.keys()].some((key) => key.startsWith(`${name} `))) {
    prefix = name;
    forgets = setTimeout(() => { prefix = ""; }, 1200);
  }
}

export function startKeys() {
  document.addEventListener("keydown", press);
  const go = (path) => () => location.assign(at(path));
  bind("g g", go("/"));
  bind("g c", go("/collections"));
  bind("g r", go("/receipts"));
  bind("g b", go("/bin"));
  bind("u", go("/upload"));
  bind("PageUp", () => follow("[data-step='previous-series']"));
  bind("PageDown", () => follow("[data-step='next-series']"));
  // A link that names its key is followed by it: windows, inversion, overlays.
  for (const key of ["0", "1", "2", "3", "4", "5", "d", "i", "o", ",", "."]) bind(key, () => follow(`[data-key='${key}']`));
  bind("/", () => focusOn("[data-search] input"));
  bind("f", () => focusOn("[data-tag-filter] input"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
  });
}

function follow(selector) {
  const link = document.querySelector(selector);
  link?.click();
  return Boolean(link);
}

function focusOn(selector) {
  const field = document.querySelector(selector);
  if (!field) return false;
  field.focus();
  field.select();
  return true;
}
