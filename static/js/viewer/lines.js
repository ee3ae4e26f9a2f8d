// Reference lines: where the plane of one pane cuts the image of another.
import { dot } from "../directions.js";
import { normalOf } from "./ground.js";

const PARALLEL = 0.985;

/** Draw the line of `from` over a pane; none without it, in another space, or where both lie alike. */
export function drawLines(drawing, pane, from) {
  const line = drawing.querySelector("line");
  const ends = from && endsOf(pane, from);
  line.toggleAttribute("hidden", !ends);
  if (!ends) return;
  for (const [place, [x, y]] of ends.entries()) {
    line.setAttribute(`x${place + 1}`, x.toFixed(1));
    line.setAttribute(`y${place + 1}`, y.toFixed(1));
  }
}

function endsOf(pane, from) {
  const cutting = from.frames.list[from.index];
  const cut = pane.frames.list[pane.index];
  const { plane } = pane;
  if (!plane || !cutting?.at || !cut?.at || !cutting.space || cutting.space !== cut.space) return null;
  const [normal, own] = [normalOf(cutting.axes), normalOf(cut.axes)];
  if (!normal || !own || Math.abs(dot(normal, own)) > PARALLEL) return null;
  const corners = cornersOf(plane);
  const heights = corners.map((corner) => dot(normal, corner.map((one, axis) => one - cutting.at[axis])));
  const ends = [];
  for (const [place, corner] of corners.entries()) {
    const next = (place + 1) % corners.length;
    if ((heights[place] < 0) === (heights[next] < 0)) continue;
    const share = heights[place] / (heights[place] - heights[next]);
    ends.push(corner.map((one, axis) => one + share * (corners[next][axis] - one)));
  }
  return ends.length === 2 ? ends.map((end) => pane.viewport.worldToCanvas(end)) : null;
}

/** The corners of an image, round its pixels. */
function cornersOf(plane) {
  const { imagePositionPatient: at, rowCosines, columnCosines, columns, rows } = plane;
  const place = (across, down) => at.map((one, axis) => one
    + rowCosines[axis] * across * plane.columnPixelSpacing + columnCosines[axis] * down * plane.rowPixelSpacing);
  const [right, bottom] = [columns - 0.5, rows - 0.5];
  return [place(-0.5, -0.5), place(right, -0.5), place(right, bottom), place(-0.5, bottom)];
}
