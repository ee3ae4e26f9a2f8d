// Light or dark: the system's wish until a person chooses.
import { bind } from "./keys.js";

const root = document.documentElement;
const light = matchMedia("(prefers-color-scheme: light)");

function shown() {
  return root.dataset.theme ?? (light.matches ? "light" : "dark");
}

function show() {
  root.dataset.shows = shown();
}

function toggle() {
  // Asked anew: the system may have changed its wish before its event arrives here.
  root.dataset.theme = shown() === "light" ? "dark" : "light";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch { /* Not kept, then. */ }
  show();
}

export function startTheme() {
  show();
  light.addEventListener("change", show);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggle();
  });
  bind("t", toggle);
}
