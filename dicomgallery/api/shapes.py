"""What programs read of patients, studies, series and images: the columns of their rows, under the same names."""

from marshmallow import Schema, fields


def _text(attribute: str, about: str = "") -> fields.String:
    return fields.String(attribute=attribute, metadata={"description": about} if about else {})


def _count(attribute: str, about: str) -> fields.Integer:
    return fields.Integer(attribute=attribute, metadata={"description": about})


def _whole(attribute: str, about: str) -> fields.Integer:
    return fields.Integer(attribute=attribute, allow_none=True, metadata={"description": about})


def _moment(
    attribute: str, about: str = "By the gallery's own clock, in UTC.", *, none: bool = False
) -> fields.DateTime:
    return fields.DateTime(attribute=attribute, allow_none=none, metadata={"description": about})


class PatientShort(Schema):
    """Who a study is of."""

    id = _count("id", "Row id.")
    patient_id = _text("patient_id", "Patient ID (0010,0020).")
    name = _text("name", "Patient's Name (0010,0010), with its delimiters.")


class StudyShort(Schema):
    """What a series belongs to."""

    id = _count("id", "Row id.")
    study_uid = _text("study_uid", "Study Instance UID (0020,000D).")
    date = _text("date", "Study Date (0008,0020), as the file has it.")
    description = _text("description", "Study Description (0008,1030).")


class SeriesShort(Schema):
    """What an image belongs to."""

    id = _count("id", "Row id.")
    series_uid = _text("series_uid", "Series Instance UID (0020,000E).")
    modality = _text("modality", "Modality (0008,0060).")
    description = _text("description", "Series Description (0008,103E).")


class PatientRow(Schema):
    """A patient."""

    id = _count("patient.id", "Row id.")
    patient_id = _text("patient.patient_id", "Patient ID (0010,0020).")
    name = _text("patient.name", "Patient's Name (0010,0010), with its delimiters.")
    issuer = _text("patient.issuer", "Issuer of Patient ID (0010,0021).")
    birth_date = _text("patient.birth_date", "Patient's Birth Date (0010,0030).")
    sex = _text("patient.sex", "Patient's Sex (0010,0040).")
    study_count = _count("patient.study_count", "Visible studies.")
    series_count = _count("patient.series_count", "Visible series.")
    instance_count = _count("patient.instance_count", "Visible images and other objects.")
    received_at = _moment("patient.received_at", "When the first of it came, or came again.")


class StudyRow(Schema):
    """A study."""

    id = _count("study.id", "Row id.")
    study_uid = _text("study.study_uid", "Study Instance UID (0020,000D).")
    date = _text("study.date", "Study Date (0008,0020), as the file has it.")
    description = _text("study.description", "Study Description (0008,1030).")
    study_id = _text("study.study_id", "Study ID (0020,0010).")
    time = _text("study.time", "Study Time (0008,0030).")
    accession = _text("study.accession", "Accession Number (0008,0050).")
    referring = _text("study.referring", "Referring Physician's Name (0008,0090).")
    institution = _text("study.institution", "Institution Name (0008,0080).")
    age = _text("study.age", "Patient's Age (0010,1010).")
    modalities = fields.Function(
        lambda row: [one for one in row.study.modalities.split("\\") if one],
        metadata={"type": "array", "items": {"type": "string"}, "description": "Modalities in it, as they came."},
    )
    patient_differs = fields.Boolean(
        attribute="study.patient_differs",
        metadata={"description": "Its files disagree about the patient; the first one was kept."},
    )
    pinned = fields.Boolean(attribute="study.pinned", metadata={"description": "It stays, however old it gets."})
    series_count = _count("study.series_count", "Visible series.")
    instance_count = _count("study.instance_count", "Visible images and other objects.")
    size_bytes = _count("study.size_bytes", "Of the visible files.")
    received_at = _moment("study.received_at", "When the first of it came, or came again.")
    patient = fields.Nested(PatientShort)


class SeriesRow(Schema):
    """A series."""

    id = _count("series.id", "Row id.")
    series_uid = _text("series.series_uid", "Series Instance UID (0020,000E).")
    modality = _text("series.modality", "Modality (0008,0060).")
    description = _text("series.description", "Series Description (0008,103E).")
    number = _whole("series.number", "Series Number (0020,0011).")
    body_part = _text("series.body_part", "Body Part Examined (0018,0015).")
    laterality = _text("series.laterality", "Laterality (0020,0060).")
    protocol = _text("series.protocol", "Protocol Name (0018,1030).")
    manufacturer = _text("series.manufacturer", "Manufacturer (0008,0070).")
    model = _text("series.model", "Manufacturer's Model Name (0008,1090).")
    station = _text("series.station", "Station Name (0008,1010).")
    institution = _text("series.institution", "Institution Name (0008,0080).")
    frame_of_reference_uid = _text("series.frame_of_reference_uid", "Frame of Reference UID (0020,0052).")
    date = _text("series.date", "Series Date (0008,0021).")
    time = _text("series.time", "Series Time (0008,0031).")
    transfer_syntax = _text("series.transfer_syntax", "Of its first file, a UID.")
    deidentified = _text("series.deidentified", "`no`, `yes`, or `profile` where it says by which.")
    instance_count = _count("series.instance_count", "Visible images and other objects.")
    frame_count = _count("series.frame_count", "Of all of them together.")
    size_bytes = _count("series.size_bytes", "Of the visible files.")
    cover_id = _whole("series.cover_id", "Row id of the image that stands for it.")
    received_at = _moment("series.received_at", "When the first of it came, or came again.")
    study = fields.Nested(StudyShort)
    patient = fields.Nested(PatientShort)


class InstanceRow(Schema):
    """An image, or another object."""

    id = _count("instance.id", "Row id; never used twice.")
    sop_uid = _text("instance.sop_uid", "SOP Instance UID (0008,0018).")
    sop_class_uid = _text("instance.sop_class_uid", "SOP Class UID (0008,0016).")
    sha256 = _text("instance.blob_sha256", "Of the file as it came.")
    size_bytes = _count("instance.size_bytes", "Of the file as it came.")
    transfer_syntax = _text("instance.transfer_syntax", "A UID.")
    file_name = _text("instance.file_name", "What it was called when it first came.")
    kind = _text("instance.kind", "image, report, document, presentation, segmentation and so on.")
    number = _whole("instance.number", "Instance Number (0020,0013).")
    acquisition_number = _whole("instance.acquisition_number", "Acquisition Number (0020,0012).")
    frames = _count("instance.frames", "0 where it has no pixels.")
    rows = _count("instance.rows", "Rows (0028,0010).")
    columns = _count("instance.columns", "Columns (0028,0011).")
    samples = _count("instance.samples", "Samples per Pixel (0028,0002).")
    bits_allocated = _count("instance.bits_allocated", "Bits Allocated (0028,0100).")
    bits_stored = _count("instance.bits_stored", "Bits Stored (0028,0101).")
    photometric = _text("instance.photometric", "Photometric Interpretation (0028,0004).")
    image_type = _text("instance.image_type", "Image Type (0008,0008), joined by backslashes.")
    content_date = _text("instance.content_date", "Content Date (0008,0023).")
    content_time = _text("instance.content_time", "Content Time (0008,0033).")
    position_mm = fields.Float(
        attribute="instance.position_mm",
        allow_none=True,
        metadata={"description": "Along the normal of its plane (PS3.3 C.7.6.2)."},
    )
    is_current = fields.Boolean(
        attribute="instance.is_current", metadata={"description": "False where a newer object has its UID."}
    )
    replaces_id = _whole("instance.replaces_id", "Row id of the object that it replaced.")
    binned_at = _moment("instance.binned_at", "When it went to the bin; null where it is shown.", none=True)
    bin_deed_id = _whole("instance.bin_deed_id", "The deletion that it went with.")
    render_state = _text("instance.render_state", "Of its pictures: pending, ready, failed or none.")
    received_at = _moment("instance.received_at")
    series = fields.Nested(SeriesShort)
    study = fields.Nested(StudyShort)
    patient = fields.Nested(PatientShort)
