"""The attributes that stand in columns: which resource each belongs to, and how its value is said in DICOM JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from dicomgallery.dicom.dicomjson import person
from dicomgallery.models import Base, Instance, Patient, Series, Study


class Resource(IntEnum):
    """What is searched for; a lower one is told with what stands above it."""

    STUDIES = 1
    SERIES = 2
    INSTANCES = 3

    @property
    def word(self) -> str:
        """As an address says it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Held:
    """One attribute and its column."""

    tag: int
    vr: str
    resource: Resource
    column: Any
    values: Callable[[Any], list[Any]]
    """What is in the column as DICOM JSON values."""
    required: bool
    """Whether every answer has it (PS3.18 tables 10.6.3-3 to 10.6.3-5), or viewers expect it."""
    several: bool
    """Whether the column joins several values by backslashes."""

    @property
    def model(self) -> type[Base]:
        """The rows it is of."""
        found: type[Base] = self.column.class_
        return found


def _text(value: Any) -> list[Any]:
    return [value] if value else []


def _texts(value: Any) -> list[Any]:
    return [part or None for part in value.split("\\")] if value else []


def _name(value: Any) -> list[Any]:
    return [person(value)] if value else []


def _number(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _count(value: Any) -> list[Any]:
    return [value] if value else []


def _frames(value: Any) -> list[Any]:
    return [value] if value > 1 else []


def _held(resource: Resource, *rows: tuple[int, str, Any, Callable[[Any], list[Any]], bool]) -> list[Held]:
    return [
        Held(tag, vr, resource, column, values, required, several=values is _texts)
        for tag, vr, column, values, required in rows
    ]


MODALITIES: Final = 0x00080061
_HELD: Final = (
    *_held(
        Resource.STUDIES,
        (0x00080020, "DA", Study.date, _text, True),
        (0x00080030, "TM", Study.time, _text, True),
        (0x00080050, "SH", Study.accession, _text, True),
        (MODALITIES, "CS", Study.modalities, _texts, True),
        (0x00080080, "LO", Study.institution, _text, False),
        (0x00080090, "PN", Study.referring, _name, True),
        (0x00081030, "LO", Study.description, _text, True),
        (0x00100010, "PN", Patient.name, _name, True),
        (0x00100020, "LO", Patient.patient_id, _text, True),
        (0x00100021, "LO", Patient.issuer, _text, False),
        (0x00100030, "DA", Patient.birth_date, _text, True),
        (0x00100040, "CS", Patient.sex, _text, True),
        (0x00101010, "AS", Study.age, _text, False),
        (0x0020000D, "UI", Study.study_uid, _text, True),
        (0x00200010, "SH", Study.study_id, _text, True),
        (0x00201200, "IS", Patient.study_count, _number, False),
        (0x00201202, "IS", Patient.series_count, _number, False),
        (0x00201204, "IS", Patient.instance_count, _number, False),
        (0x00201206, "IS", Study.series_count, _number, True),
        (0x00201208, "IS", Study.instance_count, _number, True),
    ),
    *_held(
        Resource.SERIES,
        (0x00080021, "DA", Series.date, _text, False),
        (0x00080031, "TM", Series.time, _text, False),
        (0x00080060, "CS", Series.modality, _text, True),
        (0x00080070, "LO", Series.manufacturer, _text, False),
        (0x00081010, "SH", Series.station, _text, False),
        (0x0008103E, "LO", Series.description, _text, True),
        (0x00081090, "LO", Series.model, _text, False),
        (0x00180015, "CS", Series.body_part, _text, False),
        (0x00181030, "LO", Series.protocol, _text, False),
        (0x0020000E, "UI", Series.series_uid, _text, True),
        (0x00200011, "IS", Series.number, _number, True),
        (0x00200052, "UI", Series.frame_of_reference_uid, _text, False),
        (0x00201209, "IS", Series.instance_count, _number, True),
    ),
    *_held(
        Resource.INSTANCES,
        (0x00080008, "CS", Instance.image_type, _texts, False),
        (0x00080016, "UI", Instance.sop_class_uid, _text, True),
        (0x00080018, "UI", Instance.sop_uid, _text, True),
        (0x00080023, "DA", Instance.content_date, _text, False),
        (0x00080033, "TM", Instance.content_time, _text, False),
        (0x00083002, "UI", Instance.transfer_syntax, _text, False),
        (0x00200012, "IS", Instance.acquisition_number, _number, False),
        (0x00200013, "IS", Instance.number, _number, True),
        (0x00280002, "US", Instance.samples, _count, False),
        (0x00280004, "CS", Instance.photometric, _text, False),
        (0x00280008, "IS", Instance.frames, _frames, True),
        (0x00280010, "US", Instance.rows, _count, True),
        (0x00280011, "US", Instance.columns, _count, True),
        (0x00280100, "US", Instance.bits_allocated, _count, True),
        (0x00280101, "US", Instance.bits_stored, _count, False),
    ),
)
HELD: Final[Mapping[int, Held]] = {one.tag: one for one in _HELD}

CHARACTER_SET: Final = 0x00080005
AVAILABILITY: Final = 0x00080056
RETRIEVE_URL: Final = 0x00081190
TIMEZONE: Final = 0x00080201
STUDY_UID: Final = 0x0020000D
SERIES_UID: Final = 0x0020000E
SOP_UID: Final = 0x00080018
CONSTANT: Final[Mapping[int, tuple[str, list[Any]]]] = {
    # PS3.18 F.2: DICOM JSON is UTF-8.
    CHARACTER_SET: ("CS", ["ISO_IR 192"]),
    AVAILABILITY: ("CS", ["ONLINE"]),
}
FROM_HEADER: Final[Mapping[Resource, tuple[int, ...]]] = {
    Resource.STUDIES: (TIMEZONE,),
    # Performed Procedure Step Start Date and Time, Request Attributes Sequence (PS3.18 table 10.6.3-4)
    Resource.SERIES: (TIMEZONE, 0x00400244, 0x00400245, 0x00400275),
    Resource.INSTANCES: (TIMEZONE,),
}
"""What an answer tells besides, where the header of the instance that stands for the resource has it."""
REQUEST_KEYS: Final = (0x00400009, 0x00401001)
"""Of the Request Attributes Sequence: Scheduled Procedure Step ID and Requested Procedure ID."""
