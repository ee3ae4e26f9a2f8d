"""Elements one after another, each with its VR settled and its value unpacked: for rows, JSON and words alike."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicomgallery.dicom import elements, private
from dicomgallery.dicom.elements import BINARY_VRS, NUMBER_FORMATS, SINGLE_TEXT_VRS
from dicomgallery.dicom.structure import dictionary_vr

_CHARACTER_SET: Final = 0x00080005
_PIXEL_REPRESENTATION: Final = 0x00280103
_WORD_BYTES: Final = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_WORD_CODES: Final = {2: "H", 4: "I", 8: "Q"}
_SETTLED: Final = {"OB or OW": "OW", "US or OW": "OW", "US or SS or OW": "OW"}

Value = tuple[str, ...] | tuple[int | float, ...] | bytes | Sequence[Dataset]


class Leaf(NamedTuple):
    """One element: texts, numbers, tags as numbers (AT), bytes, or the items of a sequence."""

    tag: int
    vr: str
    value: Value


def leaves(dataset: Dataset, *, signed: bool = False) -> Iterator[Leaf]:
    """Yield the elements of one level in the order of their tags; never raises because of a value.

    `signed` settles "US or SS" when this level does not say so itself (PS3.5 A.1).
    """
    encodings = elements.charsets(dataset)
    signed = pixels_signed(dataset, signed=signed)
    # By the number alone: pydicom compares its tags in Python.
    for tag in sorted(dataset.keys(), key=int):
        found = elements.as_stored(dataset, tag)
        if isinstance(found, RawDataElement):
            yield _from_raw(dataset, found, encodings, signed=signed)
        elif found is not None:
            yield _from_converted(found)


def pixels_signed(dataset: Dataset, *, signed: bool = False) -> bool:
    """Say whether pixel values are signed, by this level or else by `signed`."""
    said = elements.whole(dataset, _PIXEL_REPRESENTATION)
    return signed if said is None else said == 1


def _from_raw(dataset: Dataset, raw: RawDataElement, encodings: Sequence[str], *, signed: bool) -> Leaf:
    tag = int(raw.tag)
    vr = settled_vr(dataset, raw, signed=signed)
    data = raw.value or b""
    if vr == "SQ":
        items = elements.items(dataset, tag)
        return Leaf(tag, vr, items) if items or not data else Leaf(tag, "UN", data)
    if vr in NUMBER_FORMATS:
        return Leaf(tag, vr, elements.raw_numbers(raw, vr))
    if vr == "AT":
        return Leaf(tag, vr, tuple(group << 16 | element for group, element in elements.raw_tags(raw)))
    if vr in BINARY_VRS:
        return Leaf(tag, vr, data if raw.is_little_endian else _swapped(data, vr))
    return Leaf(tag, vr, _split(elements.decoded(data, vr, encodings), vr))


def _swapped(data: bytes, vr: str) -> bytes:
    """Words of a big endian file in little endian order; a ragged end stays as it is."""
    width = _WORD_BYTES.get(vr, 1)
    if width == 1:
        return data
    whole = len(data) // width * width
    words = array(_WORD_CODES[width], data[:whole])
    words.byteswap()
    return words.tobytes() + data[whole:]


def _split(text: str, vr: str) -> tuple[str, ...]:
    text = text.rstrip(" \0")
    if not text:
        return ()
    if vr in SINGLE_TEXT_VRS:
        return (text,)
    if "\\" not in text:
        return (text if vr == "UC" else text.strip(" \0"),)
    parts = text.split("\\")
    return tuple(part.strip(" \0") for part in parts) if " " in text or "\0" in text else tuple(parts)


def settled_vr(dataset: Dataset, raw: RawDataElement, *, signed: bool) -> str:
    """The VR of an element that is not converted, its ambiguities and the private dictionary settled."""
    tag = int(raw.tag)
    vr = str(raw.VR) if raw.VR is not None and raw.VR != "UN" else ""
    if not vr and private.is_private(tag):
        known = private.lookup(tag, private.creator_of(dataset, tag))
        vr = known.vr if known else ""
    if not vr:
        vr = dictionary_vr(tag) or elements.vr_of(raw)
    if vr == "US or SS":
        return "SS" if signed else "US"
    return _SETTLED.get(vr, vr)


def _from_converted(element: DataElement) -> Leaf:
    """Take an element apart that pydicom, or this program, made."""
    tag, vr, value = int(element.tag), str(element.VR), element.value
    vr = _SETTLED.get(vr, "US" if vr == "US or SS" else vr)
    if vr == "SQ":
        return Leaf(tag, vr, [item for item in value or () if isinstance(item, Dataset)])
    if isinstance(value, bytes | bytearray):
        return Leaf(tag, vr, bytes(value))
    if vr in BINARY_VRS:
        return Leaf(tag, vr, b"")
    if value is None or value == "":
        return Leaf(tag, vr, ())
    parts: Iterable[object] = value if isinstance(value, MultiValue | list | tuple) else (value,)
    if vr in NUMBER_FORMATS or vr == "AT":
        return Leaf(tag, vr, tuple(part for part in parts if isinstance(part, int | float)))
    return Leaf(tag, vr, tuple(str(part) for part in parts))
