// Cornerstone, fetched when a viewer needs it, and set up once: it draws and measures, and never decodes.

const CACHE_BYTES = { large: 512 * 2 ** 20, small: 160 * 2 ** 20 };

let coming = null;

/** The library at this address, ready to draw; rejects when it cannot be had. */
export function library(url) {
  coming ??= load(url).catch((error) => { coming = null; throw error; });
  return coming;
}

async function load(url) {
  const cornerstone = await import(url);
  cornerstone.init({ isMobile: isSmall() });
  cornerstone.initTools();
  // A bounded number of frames is held; the oldest go first.
  cornerstone.cache.setMaxCacheSize(isSmall() ? CACHE_BYTES.small : CACHE_BYTES.large);
  return cornerstone;
}

/** Whether this is a phone, or a machine with as little memory. */
function isSmall() {
  return (navigator.deviceMemory ?? 8) <= 2 || matchMedia("(max-width: 760px) and (pointer: coarse)").matches;
}
