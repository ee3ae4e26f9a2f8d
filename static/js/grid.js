// Keys in a grid of cards: arrows go from card to card as they lie on screen; Tab still goes through all.
import { bind } from "./keys.js";
import { stepIn } from "./scrub.js";

const cards = () => [...document.querySelectorAll("[data-grid] [data-card]")].filter((card) => !card.closest(".pattern"));
const current = () => document.activeElement?.closest("[data-grid] [data-card]");
const focus = (card) => {
  card?.querySelector(".card-link").focus();
  return Boolean(card);
};

/** The index reached from `at` by one arrow, in rows of `columns`; `at` itself where there is no way on. */
export function moved(at, key, columns, count) {
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: at + columns }[key];
  if (next >= 0 && next < count) return next;
  // Down from the last but one row lands on the last card, as the eye expects.
  if (key === "ArrowDown" && Math.floor(at / columns) < Math.floor((count - 1) / columns)) return count - 1;
  return at;
}

function columnsOf(all) {
  const top = all[0].offsetTop;
  const wrap = all.findIndex((card) => card.offsetTop > top);
  return wrap < 0 ? all.length : wrap;
}

function arrow(event) {
  const card = current();
  const all = cards();
  if (all.length === 0) return false;
  if (!card) return document.activeElement === document.body && event.key === "ArrowDown" ? focus(all[0]) : false;
  let { key } = event;
  if (getComputedStyle(card).direction === "rtl") key = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[key] ?? key;
  return focus(all[moved(all.indexOf(card), key, columnsOf(all), all.length)]);
}

const scrub = (by) => () => {
  const card = current();
  return card ? stepIn(card, by) : false;
};

let bound = false;

export function startGrid() {
  if (bound) return;
  bound = true;
  bind(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], arrow);
  bind("Shift+ArrowLeft", scrub(-1));
  bind("Shift+ArrowRight", scrub(1));
  bind("Home", () => (current() ? focus(cards()[0]) : false));
  bind("End", () => (current() ? focus(cards().at(-1)) : false));
}
