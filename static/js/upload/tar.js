// Packs files into a stored tar without copying a byte: headers and lazy Blobs side by side (POSIX.1-2001, ustar and pax).
const BLOCK = 512;
const OCTAL_LIMIT = 8 ** 11;
const encoder = new TextEncoder();

function put(header, text, offset, length) {
  header.set(encoder.encode(text).subarray(0, length), offset);
}

const octal = (number, length) => `${number.toString(8).padStart(length - 1, "0")}\0`;

function header({ name, size, type }) {
  const block = new Uint8Array(BLOCK);
  put(block, name, 0, 100);
  put(block, octal(0o600, 8), 100, 8);
  put(block, octal(0, 8), 108, 8);
  put(block, octal(0, 8), 116, 8);
  put(block, octal(Math.min(size, OCTAL_LIMIT - 1), 12), 124, 12);
  put(block, octal(0, 12), 136, 12);
  put(block, "        ", 148, 8);
  put(block, type, 156, 1);
  put(block, "ustar\x0000", 257, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(block, `${sum.toString(8).padStart(6, "0")}\0 `, 148, 8);
  return block;
}

const padding = (size) => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

// "27 path=...\n": the number counts itself.
function record(key, value) {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return `${length} ${key}=${value}\n`;
}

/** A name that is safe to send: no NUL, no surrogate halves; the server judges the rest. */
export function wellFormed(name) {
  return name.replaceAll("\0", "\ufffd").replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu, "\ufffd");
}

/** The parts of one member: pax header when the plain one cannot hold its name or size, header, content, padding. */
export function member(name, file) {
  const clean = wellFormed(name);
  const bytes = encoder.encode(clean);
  const parts = [];
  const records = (bytes.length > 100 || bytes.length !== clean.length ? record("path", clean) : "")
    + (file.size >= OCTAL_LIMIT ? record("size", file.size) : "");
  if (records) {
    const body = encoder.encode(records);
    parts.push(header({ name: "pax", size: body.length, type: "x" }), body, padding(body.length));
  }
  parts.push(header({ name: records ? "file" : clean, size: file.size, type: "0" }), file, padding(file.size));
  return parts;
}

/** A tar of [{name, file}] as one Blob. */
export function pack(entries) {
  const parts = entries.flatMap(({ name, file }) => member(name, file));
  return new Blob([...parts, new Uint8Array(2 * BLOCK)], { type: "application/x-tar" });
}

/** Entries in groups of up to `limit` bytes and `most` members; a larger one goes alone. */
export function groups(entries, limit, most = 4000) {
  const all = [];
  let room = 0;
  for (const entry of entries) {
    const size = entry.file.size + 3 * BLOCK;
    if (all.length === 0 || room + size > limit || all.at(-1).length >= most) {
      all.push([]);
      room = 0;
    }
    all.at(-1).push(entry);
    room += size;
  }
  return all;
}
