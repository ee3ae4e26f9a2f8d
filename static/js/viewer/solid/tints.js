// Ways to look at a whole volume in color: which values are seen, in which color, and how much of them a millimeter hides.
//
// Each point is [value, red, green, blue, opacity of a mm]; values are counted from the threshold, in Hounsfield units,
// or in shares of the window that was chosen from the values.

const POINTS = {
  bone: [
    [-110, 0.52, 0.2, 0.13, 0], [0, 0.68, 0.36, 0.24, 0.025], [90, 0.86, 0.62, 0.42, 0.25], [400, 0.97, 0.91, 0.79, 0.6],
    [1300, 1, 1, 0.98, 0.9],
  ],
  vessels: [
    [-25, 0.55, 0.06, 0.06, 0], [30, 0.72, 0.12, 0.1, 0.14], [150, 0.93, 0.32, 0.2, 0.45], [330, 0.99, 0.8, 0.62, 0.55],
    [900, 1, 0.97, 0.9, 0.9],
  ],
  soft: [
    [-20, 0.93, 0.74, 0.5, 0], [50, 0.93, 0.74, 0.5, 0.012], [140, 0.76, 0.36, 0.27, 0.022], [200, 0.81, 0.36, 0.29, 0.11],
    [300, 0.9, 0.52, 0.4, 0.3], [500, 0.98, 0.91, 0.79, 0.65],
  ],
  lung: [
    [-150, 0.34, 0.58, 0.86, 0], [-60, 0.4, 0.64, 0.9, 0.045], [60, 0.72, 0.76, 0.86, 0.07], [180, 0.95, 0.66, 0.6, 0.09],
    [300, 0.95, 0.5, 0.44, 0],
  ],
  tissue: [
    [-0.06, 0.3, 0.2, 0.18, 0], [0.06, 0.46, 0.33, 0.29, 0.05], [0.25, 0.8, 0.6, 0.5, 0.14], [0.5, 0.96, 0.86, 0.74, 0.34],
    [0.75, 1, 1, 1, 0.55],
  ],
  bright: [
    [-0.06, 0.5, 0.06, 0.06, 0], [0.04, 0.76, 0.16, 0.12, 0.18], [0.2, 0.98, 0.46, 0.32, 0.6], [0.45, 1, 0.9, 0.8, 0.9],
  ],
};
const ENTRIES = 512;

/** A table of colors over the values of `span`: {span, colors}, four bytes an entry. */
export function tableOf(name, threshold, window) {
  const unit = window ? window.white - window.black : 1;
  const points = POINTS[name].map(([value, ...rest]) => [threshold + value * unit, ...rest]);
  const span = [points[0][0], points.at(-1)[0]];
  const colors = new Uint8Array(ENTRIES * 4);
  for (let entry = 0, above = 1; entry < ENTRIES; entry += 1) {
    const value = span[0] + ((span[1] - span[0]) * entry) / (ENTRIES - 1);
    while (above < points.length - 1 && points[above][0] < value) above += 1;
    const [from, to] = [points[above - 1], points[above]];
    const share = (value - from[0]) / (to[0] - from[0]);
    for (let part = 0; part < 4; part += 1) {
      colors[entry * 4 + part] = Math.round(255 * (from[part + 1] + (to[part + 1] - from[part + 1]) * share));
    }
  }
  return { span, colors };
}

/** Whether any value between two others is seen; made once for a table, asked for each brick. */
export function seenIn({ span, colors }) {
  const before = new Uint32Array(ENTRIES + 1);
  for (let entry = 0; entry < ENTRIES; entry += 1) before[entry + 1] = before[entry] + Number(colors[entry * 4 + 3] > 0);
  const entryOf = (value) => Math.max(0, Math.min(ENTRIES - 1, ((value - span[0]) / (span[1] - span[0])) * (ENTRIES - 1)));
  return (least, most) => before[Math.ceil(entryOf(most)) + 1] > before[Math.floor(entryOf(least))];
}
