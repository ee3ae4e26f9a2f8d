// Privacy: hides every identity on screen, for this tab, until asked back. early.js sets it before the first paint.
import { bind } from "./keys.js";
import { show } from "./toasts.js";

const root = document.documentElement;
let full = document.title;

function apply() {
  const on = "privacy" in root.dataset;
  for (const button of document.querySelectorAll("button[data-privacy]")) button.setAttribute("aria-pressed", String(on));
  const hidden = on && document.querySelector("title[data-identity]");
  document.title = hidden ? "DICOM Gallery" : full;
}

/** Give the window the title of another state of its page: a <title> element. */
export function retitle(title) {
  full = title.textContent;
  document.querySelector("title").toggleAttribute("data-identity", title.hasAttribute("data-identity"));
  apply();
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
