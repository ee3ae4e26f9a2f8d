// Where the pixels of a frame lie: from its columns and rows to the space that cornerstone draws in, and back.
import { cross, dot } from "../directions.js";

/**
 * The ground of a frame. Without millimeters a pixel is 1 wide and as high as the file says it is; without a place in the
 * patient, frames lie on top of each other, one apart.
 */
export function groundOf(place, index, about) {
  const { row_mm: rowMm, column_mm: columnMm } = about.calibration ?? {};
  const across = columnMm || 1;
  const isPlaced = Boolean(place.at && place.axes);
  const axes = isPlaced ? place.axes : [1, 0, 0, 0, 1, 0];
  return {
    across, down: rowMm || across * (about.ratio || 1), origin: isPlaced ? place.at : [0, 0, index],
    rowCosines: axes.slice(0, 3), columnCosines: axes.slice(3), axes,
  };
}

/** The point of space at (x, y) in pixels: (0, 0) is the center of the first one. */
export function toSpace({ origin, across, down, rowCosines, columnCosines }, [x, y]) {
  return origin.map((one, axis) => one + x * across * rowCosines[axis] + y * down * columnCosines[axis]);
}

/** The pixels, with their fractions, at a point of space. */
export function toPixels({ origin, across, down, rowCosines, columnCosines }, point) {
  const way = point.map((one, axis) => one - origin[axis]);
  return [dot(way, rowCosines) / across, dot(way, columnCosines) / down];
}

/** Across a plane, by the cosines of its rows and columns; null where there are none. */
export const normalOf = (axes) => (axes ? cross(axes.slice(0, 3), axes.slice(3)) : null);
