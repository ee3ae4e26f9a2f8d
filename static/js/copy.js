// Buttons that copy: [data-copy] holds the text.
import { show } from "./toasts.js";

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    show("The browser did not allow copying here.", { kind: "warn", replaces: "copy" });
    return;
  }
  button.dataset.done = "";
  show("Copied.", { kind: "good", replaces: "copy" });
  setTimeout(() => delete button.dataset.done, 1500);
}

export function startCopy() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    if (button) copy(button);
  });
}
