// What cornerstone draws: a frame's numbers where a window turns them into grays, else the picture the server made of it.
//
// An image is named "gallery:<stack>/<how>/<index>". How is "numbers" (a window is given) or "usual" (as the server shows
// it: by its numbers if one window says it all, else by its picture).
import { drawable } from "./numbers.js";

const SCHEME = "gallery";
const stacks = new Map();
const planes = new Map();
let registered = false;
let made = 0;

/** Give a stack of frames a name that images can be asked for by. */
export function register(cornerstone, frames) {
  if (!registered) {
    registered = true;
    cornerstone.imageLoader.registerImageLoader(SCHEME, (id) => ({ promise: imageOf(id) }));
    cornerstone.metaData.addProvider((type, id) => planes.get(id)?.[type], 10_000);
  }
  const name = `s${made += 1}`;
  stacks.set(name, frames);
  return name;
}

/** What the image of a frame is called; `picture` is the server's own, by its address. */
export const imageId = (stack, how, index, picture = "") => `${SCHEME}:${stack}/${how}/${index}${picture ? `?${picture}` : ""}`;

/** What the server told of an image, and its numbers: {about, numbers, isPicture}; none before it was loaded. */
export const storyOf = (cornerstone, id) => cornerstone.cache.getImage(id)?.story;

/** Have an image in cornerstone's cache; what fails is told to who asks, not to cornerstone, which lets nobody catch it. */
export async function ready(cornerstone, id) {
  const { cache } = cornerstone;
  if (cache.getImageLoadObject(id)) return;
  const image = await imageOf(id);
  if (!cache.getImageLoadObject(id)) cache.putImageSync(id, image);
}

async function imageOf(id) {
  const [, stack, how, index, picture] = /^gallery:(\w+)\/(\w+)\/(\d+)(?:\?(.*))?$/.exec(id);
  const frames = stacks.get(stack);
  const place = frames.list[Number(index)];
  const { about, pixels } = await frames.numbers(Number(index));
  const byNumbers = about.samples === 3 || how === "numbers" || (how === "usual" && about.exact);
  if (byNumbers) return keep(id, place, about, pixels, drawable(pixels), about);
  const drawn = await pictureAt(picture || place.src);
  return keep(id, place, about, pixels, drawn.pixels, drawn);
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

function keep(id, place, about, numbers, pixels, size) {
  const plane = planeOf(place, Number(id.match(/\/(\d+)/)[1]), about, size);
  const isColor = pixels.length === size.rows * size.columns * 3;
  const bits = pixels.BYTES_PER_ELEMENT * 8;
  planes.set(id, {
    imagePlaneModule: plane,
    imagePixelModule: {
      samplesPerPixel: isColor ? 3 : 1, photometricInterpretation: isColor ? "RGB" : "MONOCHROME2",
      rows: size.rows, columns: size.columns, bitsAllocated: bits, bitsStored: bits, highBit: bits - 1,
      pixelRepresentation: pixels instanceof Int16Array ? 1 : 0,
    },
    generalSeriesModule: { modality: about.modality ?? "OT", seriesInstanceUID: id.split("/")[0] },
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
    // With the image, so that both go when it is let go.
    story: { about, numbers, isPicture: isColor },
    getPixelData: () => pixels, getCanvas: undefined, sizeInBytes: pixels.byteLength, imageFrame: {},
  };
}

/**
 * Where a frame lies. Without millimeters a pixel is 1 wide and as high as the file says it is; without a place in the
 * patient, frames lie on top of each other, one apart.
 */
function planeOf(place, index, about, size) {
  const { row_mm: rowMm, column_mm: columnMm } = about.calibration ?? {};
  const across = columnMm || 1;
  const down = rowMm || across * (about.ratio || 1);
  const axes = place.axes ?? [1, 0, 0, 0, 1, 0];
  const [rowCosines, columnCosines] = [axes.slice(0, 3), axes.slice(3)];
  const at = place.at && place.axes ? place.at : [0, 0, index];
  // A picture of the server's may have more rows than the frame: it covers the same ground.
  const spacing = [(down * about.rows) / size.rows, (across * about.columns) / size.columns];
  const corner = at.map((one, axis) => one
    + rowCosines[axis] * (spacing[1] - across) / 2 + columnCosines[axis] * (spacing[0] - down) / 2);
  return {
    frameOfReferenceUID: place.space || "nowhere", rows: size.rows, columns: size.columns,
    imageOrientationPatient: axes, rowCosines, columnCosines, imagePositionPatient: corner,
    rowPixelSpacing: spacing[0], columnPixelSpacing: spacing[1], pixelSpacing: spacing, usingDefaultValues: false,
  };
}

/** Let go of what was told of a stack's images. */
export function forget(cornerstone, stack) {
  stacks.delete(stack);
  for (const id of planes.keys()) {
    if (!id.startsWith(`${SCHEME}:${stack}/`)) continue;
    planes.delete(id);
    if (cornerstone.cache.getImageLoadObject(id)) cornerstone.cache.removeImageLoadObject(id, { force: true });
  }
}
