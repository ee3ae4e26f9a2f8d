// From where a volume is looked at, in the words of the texture that holds it.
import { cross, dot, gaze } from "../../directions.js";

// From where it shines: so far along the picture's rows, its columns, and the gaze; as imaging/volumes/surface.py has it.
const LIGHT = [0.35, -0.5, -0.8];

const times = (way, length) => way.map((part) => part * length);
const plus = (...ways) => [0, 1, 2].map((axis) => ways.reduce((sum, way) => sum + way[axis], 0));
const unit = (way) => times(way, 1 / Math.hypot(...way));

/** The three directions of a picture in the patient. */
export function directions(angle, tilt) {
  const { across, down } = gaze(angle, tilt);
  return { across, down, into: cross(across, down) };
}

/** What the shader needs of a volume that is looked at from an angle and a tilt. */
export function sightOf(about, angle, tilt) {
  const seen = directions(angle, tilt);
  const axes = axesOf(about);
  const inside = (way) => axes.map(({ way: own, length }) => dot(way, own) / length);
  const along = axes.map(({ way }) => dot(seen.into, way));
  const main = along.reduce((best, share, axis) => (Math.abs(share) > Math.abs(along[best]) ? axis : best), 0);
  const light = unit(plus(times(seen.across, LIGHT[0]), times(seen.down, LIGHT[1]), times(seen.into, LIGHT[2])));
  return {
    across: inside(seen.across), down: inside(seen.down), into: inside(seen.into),
    nearest: [0, 1, 2].map((axis) => Number(axis === main)), backwards: Number(along[main] < 0),
    light, halfway: unit(plus(light, times(seen.into, -1))),
    ways: axes.flatMap(({ way }) => way),
  };
}

/** Columns, rows and levels: where each runs in the patient, and over how many mm. */
export function axesOf({ steps, columns, rows, levels }) {
  return [[steps[2], columns], [steps[1], rows], [steps[0], levels]].map(([step, count]) => (
    { way: unit(step), length: Math.hypot(...step) * count }));
}

/** Where a place of the texture lies on the picture, in mm from its middle to the right and down. */
export function onPicture(about, angle, tilt, place) {
  const { across, down } = directions(angle, tilt);
  const point = plus(...axesOf(about).map(({ way, length }, axis) => times(way, (place[axis] - 0.5) * length)));
  return [dot(point, across), dot(point, down)];
}
