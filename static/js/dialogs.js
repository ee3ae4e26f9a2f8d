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
  const words = document.createElement("p");
  words.textContent = question;
  return asked(question, [words], [["no", decline, "button"], ["yes", agree, "button button-danger"]]);
}

/** Ask for a short text; answers it, or null when the person would rather not. */
export async function askText(question, text = "") {
  const label = document.createElement("label");
  label.className = "field";
  const words = document.createElement("span");
  words.textContent = question;
  const field = document.createElement("input");
  Object.assign(field, { type: "text", value: text, maxLength: 200, autocomplete: "off" });
  label.append(words, field);
  const agreed = await asked(question, [label], [["yes", "Keep", "button button-primary"], ["no", "Cancel", "button"]]);
  return agreed ? field.value.trim() : null;
}

/** Offer choices as {name: [label, whether chosen]}; answers {name: whether chosen}, or null when it was called off. */
export async function askChoices(question, choices, agree) {
  const title = Object.assign(document.createElement("h2"), { textContent: question });
  const fields = Object.entries(choices).map(([name, [words, checked]]) => {
    const label = Object.assign(document.createElement("label"), { className: "choice" });
    const text = Object.assign(document.createElement("span"), { textContent: words });
    label.append(Object.assign(document.createElement("input"), { type: "checkbox", name, checked }), text);
    return label;
  });
  const buttons = [["yes", agree, "button button-primary"], ["no", "Cancel", "button"]];
  if (!await asked(question, [title, ...fields], buttons)) return null;
  return Object.fromEntries(fields.map((label) => [label.firstChild.name, label.firstChild.checked]));
}

function asked(question, content, buttons) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog dialog-small";
  dialog.setAttribute("aria-label", question);
  const body = document.createElement("form");
  body.method = "dialog";
  body.className = "dialog-body";
  const actions = document.createElement("div");
  actions.className = "actions";
  for (const [value, textContent, className] of buttons) {
    actions.append(Object.assign(document.createElement("button"), { value, className, textContent }));
  }
  body.append(...content, actions);
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
