// A page that stays true: while it is looked at, it asks what has changed, says how much is new, and fills in pictures.
import { came, load, onSwap, visit } from "./swap.js";

const SOON_MS = 3000;
const LATE_MS = 15000;

export function startLive(element) {
  let since = element.dataset.since;
  let wait = SOON_MS;
  let timer = 0;
  const fresh = new Set();
  let tooMany = false;

  const isHere = (series) => document.querySelector(`[data-card][data-series="${series}"]`) !== null;

  async function poll() {
    const response = await fetch(`${element.dataset.live}?since=${encodeURIComponent(since)}`, { headers: { Accept: "application/json" } });
    if (response.status === 304) return false;
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const { latest, changes, more } = await response.json();
    since = String(latest);
    tooMany ||= more;
    await take(changes);
    return more || changes.length > 0;
  }

  async function take(changes) {
    for (const { series, kind } of changes) {
      if (kind === "added") fresh.add(series);
      if (kind === "removed") fresh.delete(series);
    }
    const changed = new Set(changes.map(({ series }) => String(series)));
    const waiting = [...document.querySelectorAll("[data-waiting]")].filter((card) => changed.has(card.dataset.series));
    if (waiting.length > 0) await fill(waiting);
    tell();
  }

  // The page itself knows best how its cards look now.
  async function fill(waiting) {
    const { page } = await load(location.href);
    for (const card of waiting) {
      const next = page.getElementById(card.id);
      const [old, now] = [card, next].map((one) => one?.querySelector(".placeholder, .picture-image"));
      if (!old || !now || next.hasAttribute("data-waiting")) continue;
      const adopted = document.adoptNode(now);
      old.replaceWith(adopted);
      card.removeAttribute("data-waiting");
      came(adopted);
    }
  }

  function tell() {
    // What has come into the page meanwhile, by an upload of one's own say, is not news.
    for (const series of fresh) if (isHere(series)) fresh.delete(series);
    const count = fresh.size;
    element.replaceChildren();
    // An empty gallery has nothing that could jump: it fills at once.
    if ((count > 0 || tooMany) && !document.querySelector("[data-card]")) {
      show();
      return;
    }
    if ((count === 0 && !tooMany) || !document.querySelector("[data-swap=results]")) return;
    const pill = document.createElement("button");
    pill.type = "button";
    pill.className = "button button-primary live-pill";
    pill.textContent = tooMany ? "Much is new · Show" : `${count} new series · Show`;
    pill.addEventListener("click", show);
    element.append(pill);
  }

  async function show() {
    fresh.clear();
    tooMany = false;
    element.replaceChildren();
    await visit(location.href, { push: false });
    scrollTo({ top: 0, behavior: "smooth" });
  }

  async function round() {
    clearTimeout(timer);
    if (document.hidden || !element.isConnected) return;
    try {
      wait = (await poll()) ? SOON_MS : Math.min(LATE_MS, wait * 1.4);
    } catch {
      wait = LATE_MS;
    }
    timer = setTimeout(round, wait);
  }

  onSwap((part) => { if (part.dataset.swap === "results") tell(); });
  document.addEventListener("visibilitychange", () => { wait = SOON_MS; round(); });
  document.addEventListener("gallery:changed", () => { wait = SOON_MS; round(); });
  timer = setTimeout(round, SOON_MS);
}
