// Selecting many: Shift takes all between, Ctrl+A the page, Escape lets go; the tray counts.
import { bind } from "./keys.js";

let last = null;
let shift = false;

const form = () => document.querySelector("form[data-selection]");
const boxes = () => [...(form()?.querySelectorAll("[data-pick]") ?? [])];
const focused = () => document.activeElement?.closest("[data-card]")?.querySelector("[data-pick]");

function tell() {
  const here = form();
  if (!here) return;
  const all = here.querySelector("[data-pick-all]");
  const count = boxes().filter((box) => box.checked).length;
  const two = here.querySelector("[data-pick-two]");
  if (two) two.hidden = count !== 2 || Boolean(all?.checked);
  const says = here.querySelector("[data-tray-count]");
  if (says) says.textContent = all?.checked ? "All that match" : `${count.toLocaleString("en").replaceAll(",", "\u202f")} selected`;
}

function take(box, on, range) {
  const all = boxes();
  const from = range && last?.isConnected ? all.indexOf(last) : -1;
  const to = all.indexOf(box);
  if (from >= 0) for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = on;
  box.checked = on;
  last = box;
  drop("[data-pick-all]");
  tell();
}

function drop(selector) {
  for (const box of form()?.querySelectorAll(selector) ?? []) box.checked = false;
}

function clear() {
  const any = form()?.querySelector("[data-pick]:checked, [data-pick-all]:checked");
  if (!any) return false;
  drop("[data-pick], [data-pick-all]");
  last = null;
  tell();
  return true;
}

let bound = false;

export function startSelection(element) {
  element.addEventListener("pointerdown", (event) => { shift = event.shiftKey; });
  element.addEventListener("keydown", (event) => { shift = event.shiftKey; });
  // Shift-clicking must not mark the text between.
  element.addEventListener("mousedown", (event) => { if (event.shiftKey && event.target.closest(".card")) event.preventDefault(); });
  element.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick]")) take(event.target, event.target.checked, shift);
    if (event.target.matches("[data-pick-all]")) tell();
  });
  // With something selected, a Ctrl-click or Shift-click on a card selects instead of opening.
  element.addEventListener("click", (event) => {
    const box = event.target.closest(".card-link")?.closest("[data-card]")?.querySelector("[data-pick]");
    if (!box || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
    if (event.shiftKey || boxes().some((one) => one.checked)) {
      event.preventDefault();
      take(box, !box.checked || event.shiftKey, event.shiftKey);
    }
  });
  element.querySelector("[data-unpick]")?.addEventListener("click", clear);
  tell();
  if (bound) return;
  bound = true;
  const pick = (range) => () => {
    const box = focused();
    if (!box) return false;
    take(box, range || !box.checked, range);
    return true;
  };
  bind("Space", pick(false));
  bind("Shift+Space", pick(true));
  bind("Ctrl+a", () => {
    if (boxes().length === 0) return false;
    for (const box of boxes()) box.checked = true;
    tell();
    return true;
  });
  bind("Escape", clear);
  bind("Delete", () => {
    const button = form()?.querySelector("[data-tray] .button-danger");
    if (!button || !boxes().some((box) => box.checked)) return false;
    button.click();
    return true;
  });
}
