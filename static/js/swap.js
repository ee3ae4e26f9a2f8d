// Goes to another state of the same page by exchanging its parts: nothing flickers, the scroll stays, the address is true.
// Parts are marked data-swap="name" in both pages; a page without a common part is simply loaded. An element marked
// data-told="name" stays, and is told by "swap:told" that its data attributes are those of the new page.
import { busy } from "./page.js";
import { retitle } from "./privacy.js";

/** The address a GET form would go to, without its empty fields. */
export function addressOf(form) {
  const url = new URL(form.action, location.href);
  url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
  return url.href;
}

const hooks = [];
let running = null;

/** Whether another state of the page is on its way. */
export const isVisiting = () => running !== null && !running.signal.aborted;

/** Call `hook(element)` for every part that has come new into the page. */
export const onSwap = (hook) => hooks.push(hook);

/** Tell the hooks of an element that a script has put into the page. */
export const came = (element) => hooks.forEach((hook) => hook(element));

/** The page behind an address, parsed but not run; `headers` may ask for a part of it. */
export async function load(url, { signal, headers = {} } = {}) {
  const response = await fetch(url, { signal, credentials: "same-origin", headers: { Accept: "text/html", ...headers } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  // A parser that runs no scripts takes what is meant for pages without them for part of the page.
  for (const one of page.querySelectorAll("noscript")) one.remove();
  return { page, url: response.url };
}

/**
 * Show another state of this page; `push` makes it a step of the browser's history. With `hold`, what is marked
 * data-hold stays the very element it is: a picture that has moved on already, a slider in use.
 */
export async function visit(url, { push = true, hold = false } = {}) {
  // A stage that is live stays, and reads what the new page says.
  hold ||= document.querySelector(":is([data-stage], [data-stage3d])[data-live]") !== null;
  running?.abort();
  const mine = running = new AbortController();
  try {
    const next = await busy(() => load(url, { signal: mine.signal }));
    await pictureOf(next.page, hold);
    if (mine.signal.aborted) return;
    if (exchange(next.page, hold) === 0) {
      location.assign(url);
      return;
    }
    retitle(next.page.querySelector("title"));
    if (push && next.url !== location.href) history.pushState({ swapped: true }, "", next.url);
    else history.replaceState({ swapped: true }, "", next.url);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  } finally {
    if (running === mine) running = null;
  }
}

// A large picture is fetched before its place is taken, so that no black shows between; not for long, though.
async function pictureOf(page, hold) {
  const next = page.querySelector("[data-stage-image]")?.getAttribute("src");
  if (hold || !next || document.querySelector("[data-stage-image]")?.getAttribute("src") === next) return;
  const image = new Image();
  image.src = next;
  await Promise.race([image.decode().catch(() => {}), new Promise((resolve) => { setTimeout(resolve, 800); })]);
}

function exchange(page, hold) {
  let exchanged = 0;
  const told = tell(page);
  for (const old of document.querySelectorAll("[data-swap]")) {
    const name = old.dataset.swap;
    const fresh = page.querySelector(`[data-swap="${CSS.escape(name)}"]`);
    if (!fresh || old.parentElement.closest("[data-swap]")) continue;
    exchanged += 1;
    // Not even moved: a drag may be going on in it.
    if (hold && "hold" in old.dataset) continue;
    const refocus = holding(old);
    keepOpen(old, fresh);
    const adopted = document.adoptNode(fresh);
    if (hold) {
      for (const kept of old.querySelectorAll("[data-hold]")) {
        adopted.querySelector(`[data-hold="${CSS.escape(kept.dataset.hold)}"]`)?.replaceWith(kept);
      }
    }
    const scroll = old.scrollTop;
    old.replaceWith(adopted);
    came(adopted);
    adopted.scrollTop = scroll;
    refocus?.(adopted);
  }
  for (const element of told) element.dispatchEvent(new CustomEvent("swap:told"));
  return exchanged;
}

function tell(page) {
  const found = [];
  for (const old of document.querySelectorAll("[data-told]")) {
    const fresh = page.querySelector(`[data-told="${CSS.escape(old.dataset.told)}"]`);
    if (!fresh) continue;
    Object.assign(old.dataset, fresh.dataset);
    found.push(old);
  }
  return found;
}

// Focus stays on the same control of the new part.
function holding(part) {
  const focus = document.activeElement;
  if (!part.contains(focus) || focus === part) return null;
  const { id, name, value } = focus;
  const href = focus.getAttribute("href");
  const way = id ? `#${CSS.escape(id)}`
    : name ? `[name="${CSS.escape(name)}"]${focus.type === "checkbox" ? `[value="${CSS.escape(value)}"]` : ""}`
      : href ? `a[href="${CSS.escape(href)}"]` : "";
  return way ? (fresh) => fresh.querySelector(way)?.focus({ preventScroll: true }) : null;
}

function keepOpen(old, fresh) {
  for (const kept of old.querySelectorAll("details[data-keep]")) {
    const twin = fresh.querySelector(`details[data-keep="${CSS.escape(kept.dataset.keep)}"]`);
    if (twin) twin.open = kept.open || twin.open;
  }
  const drawer = old.querySelector("details[data-drawer]");
  const twin = fresh.querySelector("details[data-drawer]");
  if (drawer && twin) {
    twin.open = drawer.open;
    twin.dataset.settled = "";
  }
}

export function startSwaps() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap-link], [data-swap] a[href]");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || event.defaultPrevented || !document.querySelector("[data-swap]")) return;
    const url = new URL(link.href instanceof SVGAnimatedString ? link.href.baseVal : link.href, location.href);
    if (url.origin !== location.origin || url.pathname !== location.pathname || url.hash || link.download || link.target) return;
    event.preventDefault();
    visit(url.href);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "get" || !form.closest("[data-swap]")) return;
    const url = addressOf(form);
    if (new URL(url).pathname !== location.pathname) return;
    event.preventDefault();
    visit(url);
  });
  history.replaceState({ swapped: true }, "");
  addEventListener("popstate", (event) => {
    if (event.state?.swapped) visit(location.href, { push: false });
  });
}
