// Filters apply as they are ticked; the drawer of a small window starts closed; one menu is open at a time.
import { addressOf, visit } from "./swap.js";

export function startFilters(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    visit(addressOf(form));
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]") && event.target.validity.valid) form.requestSubmit();
  });
}

export function startDrawer(drawer) {
  const narrow = matchMedia("(max-width: 960px)");
  const settle = () => { if (!("settled" in drawer.dataset) || !narrow.matches) drawer.open = !narrow.matches; };
  settle();
  narrow.addEventListener("change", settle);
}

export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.preventDefault();
    }
  });
  // A control that stands outside its form (sort) is sent with it too.
  document.addEventListener("change", (event) => {
    const control = event.target.closest("[data-submit]");
    if (control?.form && !control.form.contains(control)) control.form.requestSubmit();
    else if (control?.form && !control.form.matches("[data-filters]")) control.form.requestSubmit();
  });
}
