// Stands in for dcmjs, of which cornerstone uses only the log here: DICOM is read on the server.
// It saves a quarter of the file. The rules that cornerstone checks at its start ask only whether a word is a keyword
// of the dictionary: every word is, each with a tag of its own.
import log from "loglevel";

log.setDefaultLevel("error");

class Absent {}

const tags = new Map();

function entryOf(keyword) {
  if (typeof keyword !== "string" || !/^[A-Z]/.test(keyword)) return undefined;
  if (!tags.has(keyword)) {
    const digits = (tags.size + 1).toString(16).toUpperCase().padStart(8, "0");
    tags.set(keyword, { name: keyword, tag: `(${digits.slice(0, 4)},${digits.slice(4)})`, vr: "UN", vm: "1" });
  }
  return tags.get(keyword);
}

const nameMap = new Proxy({}, {
  get: (_, keyword) => entryOf(keyword),
  getOwnPropertyDescriptor: (_, keyword) => {
    const value = entryOf(keyword);
    return value && { value, configurable: true, enumerable: true };
  },
});

export const constants = {};
export { log };
export default {
  async: { AsyncDicomReader: Absent },
  data: { DicomMetaDictionary: { dictionary: {}, nameMap } },
  utilities: { DicomMetadataListener: Absent },
  log,
};
