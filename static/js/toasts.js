// Short messages in a corner; those that need an answer stay longer, failures stay.
const STAYS_MS = { good: 6000, info: 5000, warn: 12000, bad: 0 };

function leave(toast) {
  toast.dataset.leaving = "";
  setTimeout(() => toast.remove(), 250);
}

/** Let a toast go by itself, and by its button. */
export function startToast(toast) {
  if (toast.closest(".pattern")) return;
  const kind = [...toast.classList].find((name) => name.startsWith("toast-"))?.slice(6) ?? "info";
  const stays = toast.querySelector("form, a[href]") ? 14000 : STAYS_MS[kind] ?? 5000;
  let timer = 0;
  const wait = () => { if (stays && kind !== "bad") timer = setTimeout(() => leave(toast), stays); };
  toast.querySelector("[data-dismiss]")?.addEventListener("click", () => leave(toast));
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, wait);
  wait();
}

/** Say something; `replaces` names a toast that this one takes the place of, `undo` is what its button does. */
export function show(text, { kind = "info", replaces = "", undo = null } = {}) {
  const room = document.querySelector("body > [data-toasts]");
  const pattern = document.querySelector("[data-toast-template]");
  if (!room || !pattern) return;
  if (replaces) room.querySelector(`[data-name="${replaces}"]`)?.remove();
  const toast = pattern.content.querySelector("[data-toast]").cloneNode(true);
  toast.classList.replace("toast-info", `toast-${kind}`);
  toast.querySelector("p").textContent = text;
  if (replaces) toast.dataset.name = replaces;
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Undo" });
    button.addEventListener("click", () => { undo(); leave(toast); });
    toast.querySelector("p").after(button);
  }
  if (kind === "bad") toast.setAttribute("role", "alert");
  room.append(toast);
  startToast(toast);
}
