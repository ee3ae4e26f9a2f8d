// What marks measure, from their points in pixels: (0, 0) is the center of the first pixel, x runs along its row.
// Millimeters, values and their units come from what the server told of the frame (`about`).

const DEGREES = 180 / Math.PI;
const MM = { cm: 10, mm: 1 };

/** The figures of a mark by kind, as the server keeps them: {name: {value, unit}}, and what the millimeters stand on. */
export function measure(kind, points, about, numbers) {
  const scale = scaleAt(points, about);
  const figures = MEASURES[kind]?.(points, scale, about, numbers) ?? {};
  return { figures, calibration: kind === "arrow" || kind === "probe" ? "" : scale.from };
}

const MEASURES = {
  length: ([one, other], scale) => lengthOf(one, other, scale),
  angle: ([one, middle, other], scale) => ({ angle: { value: between(vector(middle, one, scale), vector(middle, other, scale)), unit: "°" } }),
  cobb: ([a, b, c, d], scale) => {
    const degrees = between(vector(a, b, scale), vector(c, d, scale));
    return { angle: { value: Math.min(degrees, 180 - degrees), unit: "°" } };
  },
  rectangle: (points, scale, about, numbers) => {
    const [left, top, right, bottom] = boxOf(points);
    const area = areaIn(scale, (right - left) * (bottom - top));
    return { ...area, ...statistics(insideOf(points, () => true), about, numbers) };
  },
  ellipse: (points, scale, about, numbers) => {
    const [left, top, right, bottom] = boxOf(points);
    const [x, y, a, b] = [(left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2];
    const isInside = (column, row) => ((column - x) / a) ** 2 + ((row - y) / b) ** 2 <= 1;
    return { ...areaIn(scale, Math.PI * a * b), ...statistics(insideOf(points, isInside), about, numbers) };
  },
  freehand: (points, scale, about, numbers) => {
    const area = areaIn(scale, Math.abs(points.reduce((sum, [x, y], place) => {
      const [nextX, nextY] = points[(place + 1) % points.length];
      return sum + x * nextY - nextX * y;
    }, 0)) / 2);
    return { ...area, ...statistics(insideOf(points, (column, row) => isWithin(points, column, row)), about, numbers) };
  },
  probe: ([[x, y]], scale, about, numbers) => valueAt(Math.round(x), Math.round(y), about, numbers),
};

/** How far apart pixels are where a mark lies: {across, down, unit, from}; or two units, as in a Doppler trace. */
function scaleAt(points, { calibration, ratio }) {
  const region = calibration?.regions.find(({ x0, y0, x1, y1 }) => points.every(([x, y]) => x >= x0 && x <= x1 && y >= y0 && y <= y1));
  if (region) {
    const from = "Sequence of Ultrasound Regions (0018,6011)";
    const [across, down] = [region.delta_x, region.delta_y];
    if (region.unit_x === region.unit_y && region.unit_x in MM) {
      return { across: across * MM[region.unit_x], down: down * MM[region.unit_y], unit: "mm", from };
    }
    return { across, down, units: [region.unit_x, region.unit_y], from };
  }
  if (calibration?.row_mm) return { across: calibration.column_mm, down: calibration.row_mm, unit: "mm", from: calibration.from };
  return { across: 1, down: ratio || 1, unit: "px", from: calibration?.from ?? "pixels, not calibrated" };
}

const vector = ([fromX, fromY], [toX, toY], { across, down }) => [(toX - fromX) * across, (toY - fromY) * down];

function lengthOf(one, other, scale) {
  const [across, down] = vector(one, other, scale);
  if (scale.units) {
    return { width: { value: Math.abs(across), unit: scale.units[0] }, height: { value: Math.abs(down), unit: scale.units[1] } };
  }
  return { length: { value: Math.hypot(across, down), unit: scale.unit } };
}

/** The angle between two directions in degrees, from 0 to 180. */
function between([a, b], [c, d]) {
  return Math.abs(Math.atan2(a * d - b * c, a * c + b * d)) * DEGREES;
}

function areaIn({ across, down, unit, units }, pixels) {
  if (units) return { area: { value: pixels, unit: "px²" } };
  return { area: { value: pixels * across * down, unit: `${unit}²` } };
}

function boxOf(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The pixels whose centers lie inside: the box of the points, and a test of [column, row]. */
function insideOf(points, isInside) {
  const [left, top, right, bottom] = boxOf(points);
  return { left: Math.ceil(left), top: Math.ceil(top), right: Math.floor(right), bottom: Math.floor(bottom), isInside };
}

/** Whether a point lies in a polygon: a line from it to the right then cuts its sides an odd number of times. */
function isWithin(points, x, y) {
  let inside = false;
  for (let place = 0, last = points.length - 1; place < points.length; last = place, place += 1) {
    const [[ax, ay], [bx, by]] = [points[place], points[last]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** Mean, standard deviation (of these very pixels), least and most of what lies inside; nothing of colors. */
function statistics({ left, top, right, bottom, isInside }, about, numbers) {
  if (about.samples !== 1) return {};
  let count = 0;
  let mean = 0;
  let squares = 0;
  let [least, most] = [Infinity, -Infinity];
  for (let row = Math.max(0, top); row <= Math.min(bottom, about.rows - 1); row += 1) {
    for (let column = Math.max(0, left); column <= Math.min(right, about.columns - 1); column += 1) {
      if (!isInside(column, row)) continue;
      const value = numbers[row * about.columns + column] * about.slope + about.intercept;
      if (!Number.isFinite(value)) continue;
      count += 1;
      // Welford's way: no large squares to subtract from each other.
      const off = value - mean;
      mean += off / count;
      squares += off * (value - mean);
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  if (!count) return {};
  const unit = about.unit ?? "";
  const told = { mean, sd: Math.sqrt(squares / count), min: least, max: most };
  return Object.fromEntries(Object.entries(told).map(([name, value]) => [name, { value, unit }]));
}

/** What a pixel holds: the value with its unit, and the stored one where that is another; of colors their three parts. */
export function valueAt(column, row, about, numbers) {
  if (column < 0 || row < 0 || column >= about.columns || row >= about.rows) return {};
  const at = (row * about.columns + column) * about.samples;
  if (about.samples === 3) return { color: [...numbers.slice(at, at + 3)] };
  const stored = numbers[at];
  const value = stored * about.slope + about.intercept;
  if (!Number.isFinite(value)) return {};
  const told = { value: { value, unit: about.unit ?? "" } };
  return about.slope === 1 && about.intercept === 0 ? told : { ...told, stored: { value: stored, unit: "" } };
}

const OF_VALUES = ["mean", "sd", "min", "max"];
const NAMES = { mean: "mean", sd: "SD", min: "min", max: "max", stored: "stored value", width: "", height: "", color: "RGB" };

/** The figures in words, a line each: what stands beside a mark while it is drawn. Other programs may have sent them. */
export function linesOf(figures) {
  const { unit = "", ...told } = figures;
  const worded = (name) => {
    const { value = null, unit: own = unit } = typeof told[name] === "object" && !Array.isArray(told[name]) ? told[name] ?? {} : { value: told[name] };
    if (value === null) return "";
    const numbers = [value].flat().map(rounded).join(", ");
    return [NAMES[name] ?? "", numbers + (own === "\u00b0" || !own ? "" : " ") + own].filter(Boolean).join(" ");
  };
  const lines = Object.keys(told).filter((name) => !OF_VALUES.includes(name)).map(worded);
  return [...lines, ["mean", "sd"].map(worded).filter(Boolean).join(", "), ["min", "max"].map(worded).filter(Boolean).join(", ")].filter(Boolean);
}

/** Four digits with a true minus, never an exponent. */
export function rounded(value) {
  const digits = Math.abs(value) >= 1000 ? 0 : 3 - Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1)));
  return String(Number(value.toFixed(Math.min(6, digits)))).replace("-", "\u2212");
}
