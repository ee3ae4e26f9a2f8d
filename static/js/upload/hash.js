// SHA-256 of files, so that what is here already need not be sent.
const LARGEST = 256 * 2 ** 20;

/** Whether a file's hash is worth asking for; the browser hashes in memory, and only in a secure context. */
export const canHash = (file) => Boolean(globalThis.crypto?.subtle) && file.size <= LARGEST && file.size > 0;

/** The SHA-256 of a file in hex, or "" when it cannot be read or is too large. */
export async function sha256(file) {
  if (!canHash(file)) return "";
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    return "";
  }
}
