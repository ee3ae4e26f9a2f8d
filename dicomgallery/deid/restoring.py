"""A de-identified object with its original attributes put back (PS3.15 E.1.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicomgallery.deid.decrypting import Decrypted, KeyPair, decrypted
from dicomgallery.deid.encrypting import ENCRYPTED_ATTRIBUTES
from dicomgallery.dicom import elements, reader, rewriting
from dicomgallery.dicom.prescan import Buffer, Flaw, Flawed, Prescanned, prescan
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.dicom.structure import LONG_VRS
from dicomgallery.dicom.transfer import (
    DEFLATED_SYNTAXES,
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
)
from dicomgallery.errors import RefusedError

REMOVED: Final = 0x00120062
_MARKS: Final = (REMOVED, 0x00120063, 0x00120064, 0x00280303)
"""What says that, and how, identity was removed; it goes unless it is among the originals."""
_CLASS, _INSTANCE = 0x00080016, 0x00080018
_META_OF: Final = {_CLASS: 0x00020002, _INSTANCE: 0x00020003}
_PIXELS: Final = 0x7FE00010
_SHORT_START: Final = 8
_UNDEFINED: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Restored:
    """A file: bytes, then a part of the one it was made from, then bytes again."""

    before: bytes
    copied: tuple[int, int]
    after: bytes
    attributes: int
    """How many are back."""
    is_whole: bool
    """Nothing is left in it that only others can open."""


def restored(data: Buffer, pair: KeyPair, *, without_seal: bool = False) -> Restored:
    """Put the original attributes back; pixel data are copied as they are.

    Raises UnreadableError, what `decrypted` raises, or RefusedError for an encoding that is not written here.
    """
    scanned = prescan(data)
    if isinstance(scanned, Flawed):
        raise UnreadableError(scanned.flaw, scanned.detail)
    if scanned.transfer_syntax == EXPLICIT_BIG_ENDIAN or scanned.transfer_syntax in DEFLATED_SYNTAXES:
        raise RefusedError("Objects in big endian or deflated are not rewritten here; convert them to explicit first.")
    dataset = reader.parse(data, scanned)
    found = decrypted(dataset, pair, without_seal=without_seal)
    edits = dict(_edits_of(found.attributes))
    back = len(edits)
    edits = {**_marks_gone(dataset, found), **edits}
    late = {tag: said for tag, said in edits.items() if tag > _PIXELS and scanned.pixel_offset is not None}
    header = rewriting.header(data, scanned, {tag: said for tag, said in edits.items() if tag not in late})
    start, copied, after = _rest(data, scanned, late)
    says = {_META_OF[tag]: _uid(edits[tag]) for tag in _META_OF if tag in edits}
    is_implicit = scanned.transfer_syntax == IMPLICIT_LITTLE_ENDIAN
    head = rewriting.head(dataset, EXPLICIT_LITTLE_ENDIAN if is_implicit else scanned.transfer_syntax, says)
    return Restored(head + header + start, copied, after, back, is_whole=not found.left)


def _edits_of(attributes: Dataset) -> Iterator[tuple[int, tuple[str, bytes] | None]]:
    """Each attribute as what its element becomes."""
    for tag in map(int, attributes.keys()):
        stored = elements.as_stored(attributes, tag)
        written = rewriting.anew(Dataset({BaseTag(tag): stored}), {}) if stored is not None else b""
        if written:
            code = written[4:6]
            yield tag, (code.decode("ascii"), written[12 if code in LONG_VRS else 8 :])


def _marks_gone(dataset: Dataset, found: Decrypted) -> Mapping[int, tuple[str, bytes] | None]:
    """What no longer holds; where others can open more, identity is not all back, and the marks stay."""
    if not found.left:
        return dict.fromkeys(tag for tag in (*_MARKS, ENCRYPTED_ATTRIBUTES) if tag in dataset)
    left = b"".join(rewriting.in_item(rewriting.anew(item, {})) for item in found.left)
    return {ENCRYPTED_ATTRIBUTES: ("SQ", left)}


def _rest(data: Buffer, scanned: Prescanned, late: rewriting.Edits) -> tuple[bytes, tuple[int, int], bytes]:
    """What stands before, in and behind the pixel data."""
    begin = scanned.pixel_offset
    if begin is None:
        return b"", (0, 0), b""
    tail = rewriting.rest(data, scanned.pixel_end, scanned)
    if late and tail:
        raise UnreadableError(Flaw.MALFORMED, "Attributes belong behind the pixel data, where others stand already.")
    after = tail or b"".join(rewriting.element(tag, *said) for tag, said in sorted(late.items()) if said is not None)
    if all(vr is not None for _, vr, _, _ in scanned.top):
        return b"", (begin, scanned.pixel_end), after
    # What was implicit, by its name or only by its bytes, has become explicit (PS3.5 A.1 and A.4).
    group, element, length = unpack_from("<HHL", data, begin)
    start = rewriting.start_of(group << 16 | element, b"OB" if length == _UNDEFINED else b"OW", length)
    return start, (begin + _SHORT_START, scanned.pixel_end), after


def _uid(said: tuple[str, bytes] | None) -> str | None:
    return None if said is None else said[1].decode("ascii", "replace").strip(" \0")
