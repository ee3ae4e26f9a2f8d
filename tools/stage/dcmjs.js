// Stands in for dcmjs, of which cornerstone uses only the log here: DICOM is read on the server.
// It saves a quarter of the file.
import log from "loglevel";

log.setDefaultLevel("error");

class Absent {}

export const constants = {};
export { log };
export default {
  async: { AsyncDicomReader: Absent },
  data: { DicomMetaDictionary: { dictionary: {}, nameMap: {} } },
  utilities: { DicomMetadataListener: Absent },
  log,
};
