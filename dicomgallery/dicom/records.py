"""One record of a medium's directory, told by its own keys (PS3.3 F.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom import elements, values
from dicomgallery.dicom.codes import code_of
from dicomgallery.dicom.values import clean

_NUMBER: Final = 0x00200013
_TITLES: Final = {
    "PATIENT": 0x00100010,
    "STUDY": 0x00081030,
    "SERIES": 0x0008103E,
    "RT DOSE": 0x30040014,
    "RT STRUCTURE SET": 0x30060002,
    "RT PLAN": 0x300A0002,
    "ENCAP DOC": 0x00420010,
    "HANGING PROTOCOL": 0x00720002,
    "IMPLANT": 0x00686226,
    "IMPLANT ASSY": 0x00760001,
    "IMPLANT GROUP": 0x00780001,
}
"""What a record is called by; all others by their Content Label."""
_CONTENT_LABEL: Final = 0x00700080
_DATES: Final = {
    "STUDY": 0x00080020,
    "RT STRUCTURE SET": 0x30060008,
    "RT PLAN": 0x300A0006,
    "RT TREAT RECORD": 0x30080250,
    "PRESENTATION": 0x00700082,
}
_CONTENT_DATE: Final = 0x00080023
_IDENTIFIERS: Final = {"PATIENT": 0x00100020, "STUDY": 0x00200010}
_NUMBERS: Final = {"SERIES": 0x00200011}
_NAMES: Final = {
    "SR DOCUMENT": "Report",
    "KEY OBJECT DOC": "Key objects",
    "PRESENTATION": "Presentation state",
    "ENCAP DOC": "Document",
    "RT DOSE": "Dose",
    "RT STRUCTURE SET": "Structure set",
    "RT PLAN": "Treatment plan",
    "RT TREAT RECORD": "Treatment record",
    "HL7 STRUC DOC": "Clinical document",
    "VALUE MAP": "Real world value map",
    "STEREOMETRIC": "Stereometric relationship",
    "PLAN": "Plan",
    "IMPLANT ASSY": "Implant assembly",
}
_LONGEST_PATH: Final = 8
"""Components of a Referenced File ID (PS3.10 8.2)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record and what hangs below it."""

    kind: str
    """Its Directory Record Type: PATIENT, STUDY, SERIES, IMAGE, SR DOCUMENT, ..."""
    name: str
    """The kind in words."""
    title: str
    """What the file calls it; else its kind and number."""
    identifier: str
    """A patient's or a study's ID."""
    details: tuple[str, ...]
    """Modality, date, ...: what is short and names nobody."""
    file: str
    """Where it lies on the medium; empty for what is no file."""
    sop_uid: str
    below: tuple["Record", ...]

    @property
    def is_object(self) -> bool:
        """Say whether it stands for a file."""
        return bool(self.file or self.sop_uid)

    @property
    def is_person(self) -> bool:
        """Say whether its title is a person's name."""
        return self.kind == "PATIENT"


def record_of(item: Dataset, below: Sequence[Record]) -> Record:
    """Read a record; nothing is raised, whatever it says."""
    kind = clean(elements.first(item, 0x00041430)).upper()[:32]
    name = _NAMES.get(kind, kind.capitalize() or "Record")
    number = elements.whole(item, _NUMBERS.get(kind, _NUMBER))
    numbered = f"{name} {number}" if number is not None else name
    title = _title(item, kind)
    told = (
        clean(elements.first(item, 0x00080060)) if kind == "SERIES" else "",
        numbered if title and number is not None else "",
        values.display_date(clean(elements.first(item, _DATES.get(kind, _CONTENT_DATE)))),
        elements.word(item, 0x3004000A) if kind == "RT DOSE" else "",
        elements.word(item, 0x0040A493) if kind == "SR DOCUMENT" else "",
    )
    return Record(
        kind=kind,
        name=name,
        title=title or ("No name" if kind == "PATIENT" else numbered),
        identifier=clean(elements.text(item, _IDENTIFIERS[kind])) if kind in _IDENTIFIERS else "",
        details=tuple(part for part in told if part),
        file="/".join(part for part in map(clean, elements.texts(item, 0x00041500)[:_LONGEST_PATH]) if part),
        sop_uid=clean(elements.first(item, 0x00041511)),
        below=tuple(below),
    )


def _title(item: Dataset, kind: str) -> str:
    text = clean(elements.text(item, _TITLES.get(kind, _CONTENT_LABEL)))
    if kind == "PATIENT":
        return values.person_name(text)
    if not text and (concept := code_of(item, 0x0040A043)):
        return concept.meaning or concept.value
    return text
