// Frames as numbers, as the server decoded them: four bytes that say how long a JSON text is, the text, the pixels.

const KINDS = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
  uint32: Uint32Array, int32: Int32Array, float32: Float32Array,
};

/** The frame at an address as {about, pixels}; rejects when there is none: its picture then says why. */
export async function fetchNumbers(url, signal) {
  const response = await fetch(url, { signal, credentials: "same-origin" });
  if (!response.ok || response.headers.has("X-No-Picture")) throw new Error(`HTTP ${response.status}`);
  return readNumbers(await response.arrayBuffer());
}

/** A frame taken apart. */
export function readNumbers(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const Kind = KINDS[about.type];
  const pixels = new Kind(buffer, 4 + length, (about.levels ?? 1) * about.rows * about.columns * about.samples);
  return { about, pixels };
}

/** What a numbers array is drawn from: graphics cards take these kinds, and each of their values stays as it is. */
export function drawable(pixels) {
  if (pixels instanceof Int8Array) return Int16Array.from(pixels);
  if (pixels instanceof Uint32Array || pixels instanceof Int32Array) return Float32Array.from(pixels);
  return pixels;
}

/** The values that a window makes black and white (PS3.3 C.11.2.1.2). */
export function bounds({ center, width }, exactly) {
  if (exactly || width < 1) return [center - width / 2, center + width / 2];
  const black = center - 0.5 - (width - 1) / 2;
  return [black, black + Math.max(width - 1, 1e-6)];
}

/** The window between two values: what `bounds` would make them of. */
export function windowBetween(black, white, exactly) {
  if (exactly || white - black < 1) return { center: (black + white) / 2, width: white - black };
  return { center: (black + white) / 2 + 0.5, width: white - black + 1 };
}
