// The words in the corners of pictures: all, those that name nobody, or none; for this tab, as early.js sets it.
import { bind } from "./keys.js";
import { show } from "./toasts.js";

const root = document.documentElement;
const WAYS = { all: "All words stand in the corners.", nameless: "The corners name nobody.", none: "The corners are empty." };

const current = () => (root.dataset.corners in WAYS ? root.dataset.corners : "all");

function choose(way) {
  root.dataset.corners = way;
  try {
    sessionStorage.setItem("corners", way);
  } catch { /* Not kept, then. */ }
  document.querySelectorAll("[data-corner-words]").forEach(dressWords);
  show(WAYS[way], { kind: "info", replaces: "corners" });
}

/** Let a choice of words say which is chosen. */
export function dressWords(group) {
  for (const button of group.querySelectorAll("[data-words]")) {
    button.setAttribute("aria-pressed", String(button.dataset.words === current()));
  }
}

export function startWords() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-corner-words] [data-words]");
    if (button) choose(button.dataset.words);
  });
  bind("k", () => {
    if (!document.querySelector("[data-corner-words]")) return false;
    const ways = Object.keys(WAYS);
    choose(ways[(ways.indexOf(current()) + 1) % ways.length]);
    return true;
  });
}
