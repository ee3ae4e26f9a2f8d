// "Show 60 more" appends to the grid instead of going to the next page.
import { busy } from "./page.js";
import { came, load } from "./swap.js";

export function startMore(link) {
  link.addEventListener("click", async (event) => {
    const grid = document.querySelector("[data-grid]");
    if (!grid || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (link.getAttribute("aria-disabled")) return;
    link.setAttribute("aria-disabled", "true");
    try {
      const { page } = await busy(() => load(link.href));
      const fresh = [...page.querySelectorAll("[data-grid] > li")].filter((card) => !document.getElementById(card.id));
      for (const card of fresh) {
        grid.append(document.adoptNode(card));
        came(card);
      }
      const pager = page.querySelector("[data-pager]");
      const old = link.closest("[data-pager]");
      if (pager) {
        old.replaceWith(document.adoptNode(pager));
        came(pager);
      } else old.remove();
      fresh[0]?.querySelector(".card-link").focus({ preventScroll: true });
    } catch {
      location.assign(link.href);
    }
  });
}
