"""What the gallery keeps in columns about a file: facts, read once, from any values whatever."""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from dicomgallery.dicom import elements, geometry
from dicomgallery.dicom.elements import Header
from dicomgallery.dicom.prescan import Buffer, Prescanned
from dicomgallery.dicom.reader import Skimmed, parse, skim
from dicomgallery.dicom.uids import name_of
from dicomgallery.dicom.values import clean
from dicomgallery.dicom.vocabulary import Kind, kind_of

Deidentified = Literal["no", "yes", "profile"]

_BIGGEST = 2**31 - 1
_MOST_FRAMES = 1_000_000
"""Of more no picture can be asked for: a file that says so counts as one of so many."""
_UID: Final = re.compile(r"[0-9.]{0,64}")

_TAGS: Final = {tag: BaseTag(tag) for tag in (
    0x00080005, 0x00080008, 0x00080016, 0x00080018, 0x00080020, 0x00080021, 0x00080023, 0x00080030, 0x00080031,
    0x00080033, 0x00080050, 0x00080060, 0x00080070, 0x00080080, 0x00080090, 0x00081010, 0x00081030, 0x0008103E,
    0x00081090, 0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00100040, 0x00101010, 0x00120062, 0x00120064,
    0x00180015, 0x00181030, 0x00181164, 0x0020000D, 0x0020000E, 0x00200010, 0x00200011, 0x00200012, 0x00200013,
    0x00200032, 0x00200037, 0x00200052, 0x00200060, 0x00200062, 0x00280002, 0x00280004, 0x00280008, 0x00280010,
    0x00280011, 0x00280030, 0x00280100, 0x00280101, 0x00420010, 0x00700080, 0x30060002, 0x300A0002, 0x52009229,
)}  # fmt: skip
"""Every element of the top level that a fact is read from, and the character set they are written in."""
_ABOVE_TAGS: Final = (
    0x00080020, 0x00080021, 0x00080030, 0x00080031, 0x00080050, 0x00080060, 0x00080070, 0x00080080, 0x00080090,
    0x00081010, 0x00081030, 0x0008103E, 0x00081090, 0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00100040,
    0x00101010, 0x00120062, 0x00180015, 0x00181030, 0x0020000D, 0x0020000E, 0x00200010, 0x00200011, 0x00200052,
    0x00200060, 0x00200062,
)  # fmt: skip
"""Those that patient, study and series are read from."""


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Who is shown; all as written."""

    patient_id: str
    issuer: str
    name: str
    """As DICOM writes it: Yamada^Tarou=山田^太郎=やまだ^たろう."""
    birth_date: str
    sex: str


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """The visit or examination."""

    study_uid: str
    study_id: str
    date: str
    time: str
    accession: str
    description: str
    referring: str
    institution: str
    age: str


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """The acquisition, and the machine that made it."""

    series_uid: str
    modality: str
    number: int | None
    description: str
    body_part: str
    laterality: str
    protocol: str
    manufacturer: str
    model: str
    station: str
    frame_of_reference_uid: str
    date: str
    time: str
    deidentified: Deidentified


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """The object itself."""

    sop_uid: str
    sop_class_uid: str
    transfer_syntax: str
    number: int | None
    frames: int
    """At least 1 with pixels, 0 without."""
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    samples: int
    photometric: str
    image_type: str
    content_date: str
    content_time: str
    acquisition_number: int | None
    position_mm: float | None
    """Along the plane's own normal: the order of a stack (PS3.3 C.7.6.2)."""
    position: str
    """Of its first pixel in the patient, three numbers in mm joined by backslashes."""
    orientation: str
    """Six direction cosines joined by backslashes."""
    spacing: str
    """Between rows, then between columns, in mm, joined by a backslash."""
    has_pixels: bool
    kind: Kind
    label: str
    headerless: bool

    @property
    def sop_uids(self) -> tuple[str, str]:
        """Of which class and which instance it says it is."""
        return self.sop_class_uid, self.sop_uid


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one file tells."""

    patient: PatientFacts
    study: StudyFacts
    series: SeriesFacts
    instance: InstanceFacts


def facts_in(data: Buffer, scanned: Prescanned) -> Facts:
    """Read the facts of a file that has passed the gate. Raises UnreadableError."""
    has_pixels = scanned.pixel_offset is not None
    known: dict[str, Any] = {
        "transfer_syntax": scanned.transfer_syntax,
        "headerless": scanned.headerless,
        "has_pixels": has_pixels,
    }
    skimmed = skim(data, scanned, _TAGS)
    if skimmed is not None:
        facts = _facts(skimmed, _above_again(skimmed), known)
        # What the data set leaves out may stand in the file meta information.
        if facts.instance.sop_uid and facts.instance.sop_class_uid:
            return facts
    return facts_of(parse(data, scanned), **known)


def facts_of(
    header: Header, *, transfer_syntax: str, headerless: bool = False, has_pixels: bool | None = None
) -> Facts:
    """Read the facts of a dataset, whole, its header, or what was skimmed of it; never raises.

    `has_pixels` is what the pre-scan saw; without it, a header that describes a picture is taken to have one.
    """
    known = {"transfer_syntax": transfer_syntax, "headerless": headerless, "has_pixels": has_pixels}
    return _facts(header, _above(header), known)


@dataclass(frozen=True, slots=True)
class _Above:
    """What an instance stands under, and the elements that told it."""

    told: tuple[RawDataElement | str | None, ...]
    patient: PatientFacts
    study: StudyFacts
    series: SeriesFacts


_last_above: _Above | None = None
_KEPT_BYTES: Final = 1 << 16
"""Of a longer header nothing is kept: texts may be as long as a file."""


def _above_again(skimmed: Skimmed) -> _Above:
    """What a header tells of patient, study and series; mostly just what the slice before it told."""
    global _last_above  # noqa: PLW0603  one slot, replaced as a whole: threads may take turns at it
    told = (*map(skimmed.elements.get, _ABOVE_TAGS), skimmed.encoding)
    last = _last_above
    if last is not None and last.told == told:
        return last
    above = _above(skimmed, told)
    if sum(element.length for element in skimmed.elements.values()) <= _KEPT_BYTES:
        _last_above = above
    return above


def _above(header: Header, told: tuple[RawDataElement | str | None, ...] = ()) -> _Above:
    return _Above(told, _patient(header), _study(header), _series(header))


def _facts(header: Header, above: _Above, known: dict[str, Any]) -> Facts:
    return Facts(above.patient, above.study, above.series, _instance(header, **known))


def _patient(header: Header) -> PatientFacts:
    return PatientFacts(
        patient_id=_text(header, 0x00100020),
        issuer=_text(header, 0x00100021),
        # PS3.5 6.2.1: trailing delimiters mean nothing, and would make two patients of one.
        name=_text(header, 0x00100010).rstrip("=^ "),
        birth_date=_first(header, 0x00100030),
        sex=_first(header, 0x00100040),
    )


def _study(header: Header) -> StudyFacts:
    return StudyFacts(
        study_uid=_uid(header, 0x0020000D),
        study_id=_text(header, 0x00200010),
        date=_first(header, 0x00080020),
        time=_first(header, 0x00080030),
        accession=_text(header, 0x00080050),
        description=_text(header, 0x00081030),
        referring=_text(header, 0x00080090),
        institution=_text(header, 0x00080080),
        age=_first(header, 0x00101010),
    )


def _series(header: Header) -> SeriesFacts:
    return SeriesFacts(
        series_uid=_uid(header, 0x0020000E),
        modality=_first(header, 0x00080060),
        number=elements.whole(header, 0x00200011),
        description=_text(header, 0x0008103E),
        body_part=_first(header, 0x00180015).upper(),
        laterality=_first(header, 0x00200060) or _first(header, 0x00200062),
        protocol=_text(header, 0x00181030),
        manufacturer=_text(header, 0x00080070),
        model=_text(header, 0x00081090),
        station=_text(header, 0x00081010),
        frame_of_reference_uid=_uid(header, 0x00200052),
        date=_first(header, 0x00080021),
        time=_first(header, 0x00080031),
        deidentified=_deidentified(header),
    )


def _instance(header: Header, transfer_syntax: str, *, headerless: bool, has_pixels: bool | None) -> InstanceFacts:
    sop_class = _uid(header, 0x00080016) or _uid_of_meta(header, 0x00020002)
    rows, columns = _count(header, 0x00280010), _count(header, 0x00280011)
    if has_pixels is None:
        pixels = (elements.as_stored(header, tag) for tag in (0x7FE00010, 0x7FE00009, 0x7FE00008))
        has_pixels = any(element is not None for element in pixels) or rows * columns > 0
    number = elements.whole(header, 0x00200013)
    return InstanceFacts(
        sop_uid=_uid(header, 0x00080018) or _uid_of_meta(header, 0x00020003),
        sop_class_uid=sop_class,
        transfer_syntax=transfer_syntax,
        number=number,
        frames=min(max(1, _count(header, 0x00280008)), _MOST_FRAMES) if has_pixels else 0,
        rows=rows,
        columns=columns,
        bits_allocated=_count(header, 0x00280100),
        bits_stored=_count(header, 0x00280101),
        samples=_count(header, 0x00280002),
        photometric=_first(header, 0x00280004),
        image_type=_text(header, 0x00080008),
        content_date=_first(header, 0x00080023),
        content_time=_first(header, 0x00080033),
        acquisition_number=elements.whole(header, 0x00200012),
        position_mm=geometry.position_along_normal_mm(header),
        position=position_text(header),
        orientation=_joined(geometry.orientation_of(header)),
        spacing=_joined(geometry.spacing_of(header)),
        has_pixels=has_pixels,
        kind=kind_of(sop_class, has_pixels=has_pixels),
        label=_label(header, sop_class, number),
        headerless=headerless,
    )


def position_text(header: Header) -> str:
    """Write Image Position (Patient) as the catalog keeps it: to a tenth of a micrometer; empty without one."""
    return "\\".join(f"{number:.10g}" for number in (round(part, 4) for part in geometry.position_of(header)))


def _label(header: Header, sop_class: str, number: int | None) -> str:
    """Call an instance by what tells it from its neighbors: its series and its number."""
    if kind_of(sop_class, has_pixels=False) == "directory":
        return "Directory of a medium"
    described = (
        _text(header, 0x00420010)  # Document Title
        or _text(header, 0x00700080)  # Content Label
        or _text(header, 0x300A0002)  # RT Plan Label
        or _text(header, 0x30060002)  # Structure Set Label
        or _text(header, 0x0008103E)
        or _text(header, 0x00181030)
        or _first(header, 0x00080060)
        or name_of(sop_class).removesuffix(" Storage")
        or "DICOM file"
    )
    return clean(described)[:80] + (f" #{number}" if number is not None else "")


def _deidentified(header: Header) -> Deidentified:
    """Say whether identity was removed, and whether by a named method (PS3.15 E.1.1)."""
    if _first(header, 0x00120062).upper() != "YES":
        return "no"
    return "profile" if elements.items(header, 0x00120064) else "yes"


def _text(header: Header, tag: int) -> str:
    return clean(elements.text(header, tag))


def _first(header: Header, tag: int) -> str:
    return clean(elements.first(header, tag))


def _uid(header: Header, tag: int) -> str:
    """Read a UID; one of characters that no UID has is as good as none, for it will not find its way back."""
    uid = _first(header, tag)
    return uid if _UID.fullmatch(uid) else ""


def _uid_of_meta(header: Header, tag: int) -> str:
    meta = getattr(header, "file_meta", None)
    return _uid(meta, tag) if meta else ""


def _count(header: Header, tag: int) -> int:
    return min(max(elements.whole(header, tag) or 0, 0), _BIGGEST)


def _joined(numbers: tuple[float, ...]) -> str:
    return "\\".join(f"{number:.6g}" for number in numbers)
