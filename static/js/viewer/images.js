// What cornerstone draws: a frame's numbers where a window turns them into grays, else the picture the server made of it.
//
// An image is named "<how>:<stack>/<index>". How is "numbers" (a window is given), "usual" (as the server shows it: by its
// numbers if one window says it all, else by its picture) or "picture7" (the server's pictures under its seventh look).
// Cornerstone takes names that differ before the colon alone for the same image: a mark stays on it whatever its window.
import { groundOf } from "./ground.js";
import { drawable } from "./numbers.js";

const stacks = new Map();
const planes = new Map();
const looks = [];
let provides = false;
let made = 0;

/** Give a stack of frames a name that images can be asked for by. */
export function register(cornerstone, frames) {
  if (!provides) {
    provides = true;
    for (const how of ["numbers", "usual"]) load(cornerstone, how);
    // What was told of an image goes with it.
    const { IMAGE_CACHE_IMAGE_REMOVED } = cornerstone.Enums.Events;
    cornerstone.eventTarget.addEventListener(IMAGE_CACHE_IMAGE_REMOVED, ({ detail }) => planes.delete(detail.imageId));
    cornerstone.metaData.addProvider((type, id) => planes.get(id)?.[type], 10_000);
  }
  const name = `s${made += 1}`;
  stacks.set(name, { frames, space: frames.list[0]?.space || name });
  return name;
}

const load = (cornerstone, how) => cornerstone.imageLoader.registerImageLoader(how, (id) => ({ promise: imageOf(id) }));

/** What the images of a stack are called. */
export const namesOf = (stack, how) => stacks.get(stack).frames.list.map((_, index) => `${how}:${stack}/${index}`);

/** A way to show the pictures that the server makes of the frames as they are looked at now. */
export function lookOf(cornerstone, stack) {
  const how = `picture${looks.push(stacks.get(stack).frames.list.map((one) => one.src)) - 1}`;
  load(cornerstone, how);
  return how;
}

/** What the server told of an image, and its numbers: {about, numbers, ground, isPicture}; none before it was loaded. */
export const storyOf = (cornerstone, id) => cornerstone.cache.getImage(id)?.story;

/** Have an image in cornerstone's cache; what fails is told to who asks, not to cornerstone, which lets nobody catch it. */
export async function ready(cornerstone, id) {
  const { cache } = cornerstone;
  if (cache.getImageLoadObject(id)) return;
  const image = await imageOf(id);
  if (!cache.getImageLoadObject(id)) cache.putImageSync(id, image);
}

async function imageOf(id) {
  const [, how, stackName, digits] = /^(\w+):(\w+)\/(\d+)$/.exec(id);
  const [stack, index] = [stacks.get(stackName), Number(digits)];
  const place = stack.frames.list[index];
  const { about, pixels } = await stack.frames.numbers(index);
  const ground = groundOf(place, index, about);
  const byNumbers = how === "numbers" || (how === "usual" && about.exact);
  if (byNumbers) return keep(id, stack, ground, about, pixels, drawable(pixels), about);
  const look = how === "usual" ? place.src : looks[Number(how.slice("picture".length))][index];
  const drawn = await pictureAt(look);
  return keep(id, stack, ground, about, pixels, drawn.pixels, drawn);
}

/** A picture of the server's as {rows, columns, pixels}: three bytes a pixel. */
async function pictureAt(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok || response.headers.has("X-No-Picture")) throw new Error(`HTTP ${response.status}`);
  const bitmap = await createImageBitmap(await response.blob(), { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const pixels = new Uint8Array(bitmap.width * bitmap.height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    pixels[to] = data[from];
    pixels[to + 1] = data[from + 1];
    pixels[to + 2] = data[from + 2];
  }
  bitmap.close();
  return { rows: canvas.height, columns: canvas.width, pixels, samples: 3 };
}

function keep(id, stack, ground, about, numbers, pixels, size) {
  const plane = planeOf(stack, ground, about, size);
  const isColor = pixels.length === size.rows * size.columns * 3;
  const bits = pixels.BYTES_PER_ELEMENT * 8;
  planes.set(id, {
    imagePlaneModule: plane,
    imagePixelModule: {
      samplesPerPixel: isColor ? 3 : 1, photometricInterpretation: isColor ? "RGB" : "MONOCHROME2",
      rows: size.rows, columns: size.columns, bitsAllocated: bits, bitsStored: bits, highBit: bits - 1,
      pixelRepresentation: pixels instanceof Int16Array ? 1 : 0,
    },
    generalSeriesModule: { modality: about.modality ?? "OT", seriesInstanceUID: stack.space },
    modalityLutModule: { rescaleSlope: about.slope ?? 1, rescaleIntercept: about.intercept ?? 0 },
    voiLutModule: {},
  });
  return {
    imageId: id, rows: size.rows, columns: size.columns, height: size.rows, width: size.columns,
    color: isColor, rgba: false, numberOfComponents: isColor ? 3 : 1,
    slope: 1, intercept: 0, windowCenter: 128, windowWidth: 256, voiLUTFunction: "LINEAR_EXACT", invert: false,
    minPixelValue: isColor ? 0 : about.least, maxPixelValue: isColor ? 255 : about.most,
    rowPixelSpacing: plane.rowPixelSpacing, columnPixelSpacing: plane.columnPixelSpacing,
    FrameOfReferenceUID: plane.frameOfReferenceUID, dataType: pixels.constructor.name,
    sizeInBytes: pixels.byteLength + (numbers.buffer === pixels.buffer ? 0 : numbers.byteLength),
    // With the image, so that both go when it is let go.
    story: { about, numbers, ground, isPicture: isColor },
    getPixelData: () => pixels, getCanvas: undefined, imageFrame: {},
  };
}

/**
 * Where a frame lies, in cornerstone's words. A picture of the server's has square pixels and may have more of them; it
 * begins where the frame does, and a bar of its colors stands to its right.
 */
function planeOf(stack, ground, about, size) {
  const { across, down, axes, rowCosines, columnCosines, origin } = ground;
  const side = (down * about.rows) / size.rows;
  const spacing = size === about ? [down, across] : [side, side];
  const corner = origin.map((one, axis) => one
    + rowCosines[axis] * (spacing[1] - across) / 2 + columnCosines[axis] * (spacing[0] - down) / 2);
  return {
    frameOfReferenceUID: stack.space, rows: size.rows, columns: size.columns,
    imageOrientationPatient: axes, rowCosines, columnCosines, imagePositionPatient: corner,
    rowPixelSpacing: spacing[0], columnPixelSpacing: spacing[1], pixelSpacing: spacing, usingDefaultValues: false,
  };
}

/** Let go of what was told of a stack's images. */
export function forget(cornerstone, stack) {
  stacks.delete(stack);
  for (const id of planes.keys()) {
    if (!id.includes(`:${stack}/`)) continue;
    planes.delete(id);
    if (cornerstone.cache.getImageLoadObject(id)) cornerstone.cache.removeImageLoadObject(id, { force: true });
  }
}
