// Dialogs opened by [data-dialog="#id"], and a question before a deed that cannot be undone.
import { bind } from "./keys.js";

const agreed = new WeakSet();

function open(selector) {
  const dialog = document.querySelector(selector);
  if (!dialog) return false;
  dialog.showModal();
  return true;
}

/** Ask a question; answers whether the person agreed. */
export function ask(question, { agree = "Yes", decline = "Cancel" } = {}) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog dialog-small";
  dialog.setAttribute("aria-label", question);
  const body = document.createElement("form");
  body.method = "dialog";
  body.className = "dialog-body";
  const words = document.createElement("p");
  words.textContent = question;
  const actions = document.createElement("div");
  actions.className = "actions";
  for (const [value, label, kind] of [["no", decline, "button"], ["yes", agree, "button button-danger"]]) {
    const button = Object.assign(document.createElement("button"), { value, className: kind, textContent: label });
    actions.append(button);
  }
  body.append(words, actions);
  dialog.append(body);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) open(opener.dataset.dialog);
    // A click beside a dialog closes it.
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });
  bind("?", () => open("#keys"));
}

export function startConfirm() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button || agreed.has(button)) return;
    event.preventDefault();
    if (await ask(button.dataset.confirm, { agree: button.textContent.trim() })) {
      agreed.add(button);
      button.click();
      agreed.delete(button);
    }
  });
}
