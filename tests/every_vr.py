"""One element of each of the 34 VRs, what a person types for it, and what pydicom and dcmtk then read."""

import base64
from dataclasses import dataclass

SIXTEEN = bytes(range(16))
_NAME = "Yamada^Tarou=山田^太郎=やまだ^たろう"
_ADDRESS = "https://example.org/a?b=c"
_TYPED = base64.b64encode(SIXTEEN).decode()


@dataclass(frozen=True, slots=True)
class Sample:
    """A value, typed and read back."""

    vr: str
    keyword: str
    typed: str
    read: object
    dumped: str
    """What dcmdump's line of it has."""


SAMPLES = [
    Sample("AE", "RetrieveAETitle", "ARCHIVE\\BACKUP", ["ARCHIVE", "BACKUP"], "[ARCHIVE\\BACKUP]"),
    Sample("AS", "PatientAge", "045Y", "045Y", "[045Y]"),
    Sample("AT", "DataElement", "PatientName", 0x00100010, "(0010,0010)"),
    Sample("CS", "BodyPartExamined", "KNEE", "KNEE", "[KNEE]"),
    Sample("DA", "StudyDate", "2024-02-29", "20240229", "[20240229]"),
    Sample("DS", "ImageOrientationPatient", "1\\0\\0\\0\\-1.5\\0", [1, 0, 0, 0, -1.5, 0], "[1\\0\\0\\0\\-1.5\\0]"),
    Sample("DT", "AcquisitionDateTime", "20240229120000.5+0100", "20240229120000.5+0100", "[20240229120000.5+0100]"),
    Sample("FD", "TimeRange", "0.25\\1000.5", [0.25, 1000.5], "0.25\\1000.5"),
    Sample("FL", "RecommendedDisplayFrameRateInFloat", "0.5", 0.5, "0.5"),
    Sample("IS", "InstanceNumber", "-7", -7, "[-7]"),
    Sample("LO", "PatientID", "ID 7", "ID 7", "[ID 7]"),
    Sample("LT", "PatientComments", "one\\two", "one\\two", "[one\\two]"),
    Sample("OB", "RecordKey", _TYPED, SIXTEEN, "00\\01\\02\\03"),
    Sample("OD", "FilterLookupTableData", _TYPED, SIXTEEN, "OD"),
    Sample("OF", "VerticesOfThePolygonalOutline", _TYPED, SIXTEEN, "OF"),
    Sample("OL", "LongPrimitivePointIndexList", _TYPED, SIXTEEN, "OL"),
    Sample("OV", "SelectorOVValue", _TYPED, SIXTEEN, "OV"),
    Sample("OW", "RedPaletteColorLookupTableData", _TYPED, SIXTEEN, "0100\\0302"),
    Sample("PN", "PatientName", _NAME, _NAME, f"[{_NAME}]"),
    Sample("SH", "AccessionNumber", "A 17", "A 17", "[A 17]"),
    Sample("SL", "ReferencePixelX0", "-70000", -70000, "-70000"),
    Sample("SQ", "EventCodeSequence", "", [], "SQ"),
    Sample("SS", "TagAngleSecondAxis", "-3", -3, "-3"),
    Sample("ST", "InstitutionAddress", "1 Main Street", "1 Main Street", "[1 Main Street]"),
    Sample("SV", "SelectorSVValue", "-9000000000", -9000000000, "-9000000000"),
    Sample("TM", "StudyTime", "12:30:15", "123015", "[123015]"),
    Sample("UC", "LongCodeValue", "a long code", "a long code", "[a long code]"),
    Sample("UI", "FrameOfReferenceUID", "1.2.3", "1.2.3", "[1.2.3]"),
    Sample("UL", "PrivateDataElementValueMultiplicity", "1\\4000000000", [1, 4000000000], "1\\4000000000"),
    Sample("UN", "SelectorUNValue", _TYPED, SIXTEEN, "UN"),
    Sample("UR", "CodingSchemeURL", _ADDRESS, _ADDRESS, f"[{_ADDRESS}]"),
    Sample("US", "PatternOffColorCIELabValue", "1\\2\\65535", [1, 2, 65535], "1\\2\\65535"),
    Sample("UT", "PrivateDataElementDescription", "many words", "many words", "[many words]"),
    Sample("UV", "FileOffsetInContainer", "18446744073709551615", 18446744073709551615, "18446744073709551615"),
]  # fmt: skip
BY_VR = {sample.vr: sample for sample in SAMPLES}
