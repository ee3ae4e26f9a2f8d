// Light or dark: the system's wish until a person chooses.
import { bind } from "./keys.js";

const root = document.documentElement;
const light = matchMedia("(prefers-color-scheme: light)");

function show() {
  const isLight = root.dataset.theme ? root.dataset.theme === "light" : light.matches;
  root.dataset.shows = isLight ? "light" : "dark";
}

function toggle() {
  root.dataset.theme = root.dataset.shows === "light" ? "dark" : "light";
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
