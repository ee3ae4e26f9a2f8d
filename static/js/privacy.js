// Privacy: hides every identity on screen, for this tab, until asked back. early.js sets it before the first paint.
import { bind } from "./keys.js";
import { show } from "./toasts.js";

const root = document.documentElement;
const full = new Map();

function apply() {
  const on = "privacy" in root.dataset;
  for (const button of document.querySelectorAll("button[data-privacy]")) button.setAttribute("aria-pressed", String(on));
  const title = document.querySelector("title[data-identity]");
  if (!title) return;
  if (!full.has(title)) full.set(title, document.title);
  document.title = on ? "DICOM Gallery" : full.get(title);
}

function toggle() {
  const on = !("privacy" in root.dataset);
  if (on) root.dataset.privacy = "";
  else delete root.dataset.privacy;
  try {
    sessionStorage.setItem("privacy", on ? "on" : "off");
  } catch { /* Not kept, then. */ }
  apply();
  show(on ? "Identities are hidden. What is burned into a picture still shows." : "Identities are shown.", { kind: "info", replaces: "privacy" });
}

export function startPrivacy() {
  apply();
  document.addEventListener("click", (event) => {
    if (event.target.closest("button[data-privacy]")) toggle();
  });
  // A copied selection must not bring back what the screen hides.
  document.addEventListener("copy", (event) => {
    if ("privacy" in root.dataset && getSelection()?.rangeCount) {
      const held = getSelection().getRangeAt(0).cloneContents();
      if (held.querySelector("[data-identity]")) event.preventDefault();
    }
  });
  bind("p", toggle);
}
