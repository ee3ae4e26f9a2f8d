// "Show 60 more" appends to the grid instead of going to the next page.
import { busy } from "./page.js";
import { came, load } from "./swap.js";

const CARDS_ALONE = { "X-Partial": "cards" };

export function startMore(link) {
  link.addEventListener("click", async (event) => {
    const grid = document.querySelector("[data-grid]");
    if (!grid || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (link.getAttribute("aria-disabled")) return;
    link.setAttribute("aria-disabled", "true");
    try {
      const { page } = await busy(() => load(link.href, { headers: CARDS_ALONE }));
      const fresh = [...page.querySelectorAll("[data-grid] > li")].filter((card) => !document.getElementById(card.id));
      for (const card of fresh) {
        grid.append(document.adoptNode(card));
        came(card);
      }
      const pager = page.querySelector("[data-pager]");
      const old = link.closest("[data-pager]");
      if (pager) {
        keepCount(old, pager, grid.childElementCount);
        old.replaceWith(document.adoptNode(pager));
        came(pager);
      } else old.remove();
      fresh[0]?.querySelector(".card-link").focus({ preventScroll: true });
    } catch {
      location.assign(link.href);
    }
  });
}

// How many there are in all is not counted again for the cards alone.
function keepCount(old, pager, shown) {
  const said = old.querySelector("small");
  if (!said || pager.querySelector("small")) return;
  const number = said.querySelector("[data-shown]");
  if (number) number.textContent = shown.toLocaleString("en").replaceAll(",", "\u202f");
  pager.append(said);
}
