// Pictures fade in when they are whole; one that does not come is replaced by words; one being made is asked for again.
import { came } from "./swap.js";

export function startFade(image) {
  const shown = () => { image.dataset.fade = "shown"; };
  if (image.complete && image.naturalWidth) {
    shown();
    return;
  }
  image.addEventListener("load", shown, { once: true });
  image.addEventListener("error", () => {
    const stand = document.createElement("div");
    stand.className = "placeholder";
    const title = document.createElement("b");
    title.textContent = "The picture did not come";
    const words = document.createElement("span");
    words.textContent = "Load the page again to ask once more.";
    stand.append(title, words);
    image.replaceWith(stand);
  }, { once: true });
  if (image.complete && !image.naturalWidth && image.currentSrc) image.dispatchEvent(new Event("error"));
}

const LATER_MS = [400, 2000, 5000, 10000, 20000];

// The server makes a picture that is asked for at once; what is on screen is asked for first.
export function startPending(stand) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    tryLater(stand, 0);
  });
  seen.observe(stand);
}

function tryLater(stand, attempt) {
  if (attempt >= LATER_MS.length) return;
  setTimeout(() => {
    if (!stand.isConnected) return;
    const image = new Image(256, 256);
    image.className = "picture-image";
    image.alt = "";
    image.dataset.fade = "";
    image.addEventListener("load", () => {
      if (!stand.isConnected) return;
      stand.closest("[data-waiting]")?.removeAttribute("data-waiting");
      stand.replaceWith(image);
      came(image);
    }, { once: true });
    image.addEventListener("error", () => tryLater(stand, attempt + 1), { once: true });
    image.src = stand.dataset.pending;
  }, LATER_MS[attempt]);
}
