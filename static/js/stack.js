// A stack's list of pictures, asked for once: ["/pictures/...", ...] or [{"src", "href"}, ...].
const lists = new Map();

/** The pictures of a stack as [{src, href}], in order. */
export function stackAt(url) {
  if (!lists.has(url)) lists.set(url, ask(url).catch((error) => { lists.delete(url); throw error; }));
  return lists.get(url);
}

async function ask(url) {
  const response = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const body = await response.json();
  const list = Array.isArray(body) ? body : body.frames ?? body.images ?? [];
  const about = { space: body.space, title: body.title, when: body.when };
  // Where positions may be compared with those of other series, they say by what name; what the stack is called goes along.
  return list.map((item) => (typeof item === "string" ? { src: item, href: "" } : { ...item, ...about }));
}

/** `most` indexes spread evenly over `count`, ends included. */
export function spread(count, most) {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, step) => Math.round((step * (count - 1)) / (most - 1)));
}

/** The member of `loaded` (a set of indexes) nearest to `index`, or -1. */
export function nearest(loaded, index) {
  let best = -1;
  for (const one of loaded) if (best < 0 || Math.abs(one - index) < Math.abs(best - index)) best = one;
  return best;
}
