// Buttons that copy: [data-copy] holds the text; of an address ([data-address]) others need the name of this gallery too.
import { show } from "./toasts.js";

async function copy(button) {
  const { copy: text, address } = button.dataset;
  try {
    await navigator.clipboard.writeText(address === undefined ? text : new URL(text, location.href).href);
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
