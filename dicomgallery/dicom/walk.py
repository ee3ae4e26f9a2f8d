"""Walking the element headers of one data set, for the pre-scan: bounds, depth and numbers (PS3.5 chapter 7)."""

import mmap
import re
from array import array
from dataclasses import dataclass
from enum import StrEnum
from struct import Struct
from typing import Final, TypeAlias

from dicomgallery.dicom.structure import EXPLICIT_VRS, LONG_VRS, VR_OF_TAG

Buffer: TypeAlias = bytes | memoryview | mmap.mmap

UNDEFINED: Final = 0xFFFFFFFF
Spot: TypeAlias = tuple[int, bytes | None, int, int]
"""Where an element lies: its tag, its VR when that is written, the length and the offset of its value."""

_ITEM: Final = 0xFFFEE000
_ITEM_END: Final = 0xFFFEE00D
_SEQUENCE_END: Final = 0xFFFEE0DD
_PER_FRAME_GROUPS: Final = 0x52009230
_PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_UPPER: Final = range(0x41, 0x5B)


class Flaw(StrEnum):
    """Why a file cannot be taken."""

    EMPTY = "empty"
    NOT_DICOM = "not_dicom"
    TRUNCATED = "truncated"
    TOO_DEEP = "too_deep"
    TOO_MANY_ELEMENTS = "too_many_elements"
    INFLATES_TOO_FAR = "inflates_too_far"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class PrescanLimits:
    """How far the scan goes along with a file."""

    depth: int = 32
    elements: int = 100_000
    per_frame_elements: int = 2_000_000
    """Elements inside (5200,9230), which the header parse leaves out: some hundred to each frame are normal."""
    fragments: int = 5_000_000
    """Items of encapsulated values; a whole slide has one for each tile."""
    inflated_bytes: int = 1 << 30
    inflated_header_bytes: int = 256 << 20
    """A header larger than this cannot be held beside others."""


LIMITS: Final = PrescanLimits()


class WalkRefusedError(Exception):
    """The walk stops here; `prescan` turns it into a value."""

    def __init__(self, flaw: Flaw, detail: str) -> None:
        super().__init__(detail)
        self.flaw = flaw
        self.detail = detail


def is_upper(data: Buffer, position: int) -> bool:
    """Say whether a byte can be half of a VR."""
    return position < len(data) and data[position] in _UPPER


def in_bytes(count: int) -> str:
    """Write a number of bytes for a person."""
    return f"{count:,} bytes".replace(",", " ")


def too_many(allowed: int) -> str:
    """Say that there are too many elements."""
    return f"The file has over {allowed:,} elements.".replace(",", " ")


def missing(count: int) -> str:
    """Say how much of a file is not there."""
    return f"The file is cut short: at least {in_bytes(count)} that it declares are missing."


class Walk:
    """Walks one data set; nested sequences by recursion, which the depth limit bounds."""

    def __init__(
        self, data: Buffer, size: int, *, big_endian: bool, limits: PrescanLimits, stop_at_pixels: bool = False
    ) -> None:
        order = ">" if big_endian else "<"
        self.data = data
        self.size = size
        self.limits = limits
        self.stop_at_pixels = stop_at_pixels
        self.count = 0
        self.allowed = limits.elements
        self.fragments = 0
        self.pixel_offset: int | None = None
        self.pixel_end = 0
        self.header_end: int | None = None
        self.unclosed = False
        self.top: list[Spot] = []
        self.frame_items = array("Q")
        """Two numbers for each item of (5200,9230): where it begins, doubled, plus one if implicit; where it ends."""
        self.in_frame_groups = False
        self.implicit_header = Struct(order + "HHL").unpack_from
        self.explicit_header = Struct(order + "HH2sH").unpack_from
        self.length = Struct(order + "L").unpack_from
        self.tag = Struct(order + "HH")
        self.item_bytes = self.tag.pack(0xFFFE, 0xE000)
        self.end_pattern = re.compile(re.escape(self.tag.pack(0xFFFE, 0xE0DD)))
        self.zeros_looked_for = False

    def dataset_at_top(self, position: int, *, implicit: bool, strict: bool) -> int:
        """Walk the top level and return where it ends; `strict` asks for what a headerless file must prove."""
        # PS3.5 says the transfer syntax decides; real files err, and pydicom goes by the first element.
        if position + 6 <= self.size:
            implicit = not (is_upper(self.data, position + 4) and is_upper(self.data, position + 5))
        try:
            end = self._elements(position, self.size, self.size, implicit=implicit, depth=0, top=True)
        except WalkRefusedError as refused:
            if strict and self.count < 8 and refused.flaw in (Flaw.TRUNCATED, Flaw.MALFORMED):
                raise WalkRefusedError(
                    Flaw.NOT_DICOM,
                    "This is not a DICOM file: it has no DICM mark and its first bytes only resemble one.",
                ) from None
            raise
        if strict and self.count < 3:
            raise WalkRefusedError(Flaw.NOT_DICOM, "This is not a DICOM file: no DICM mark, and too few elements.")
        return end

    # The hot loop of every upload: a call for each element would double its time, so it is one long function.
    def _elements(  # noqa: C901, PLR0912, PLR0915
        self, position: int, end: int, bound: int, *, implicit: bool, depth: int, top: bool = False
    ) -> int:
        """Walk elements until `end`, an item delimiter or the bound; return the offset after them.

        `end` is where this item says it ends, `bound` where the bytes that hold it do.
        """
        data = self.data
        implicit_header, explicit_header, long_length = self.implicit_header, self.explicit_header, self.length
        count, allowed = self.count, self.allowed
        while position + 8 <= bound and position < end:
            if implicit:
                group, element, length = implicit_header(data, position)
                vr = None
                value = position + 8
            else:
                group, element, vr, length = explicit_header(data, position)
                value = position + 8
                if vr in LONG_VRS:
                    if position + 12 > bound:
                        raise WalkRefusedError(Flaw.TRUNCATED, "The file ends inside an element's header.")
                    length = long_length(data, value)[0]
                    value = position + 12
                elif vr not in EXPLICIT_VRS and not b"AA" <= vr <= b"ZZ":
                    # Some writers fall back to implicit VR in the middle of a file.
                    group, element, length = implicit_header(data, position)
                    vr = None
            tag = group << 16 | element
            if tag == _ITEM_END:
                self.count = count
                return position + 8
            count += 1
            if count > allowed:
                raise WalkRefusedError(Flaw.TOO_MANY_ELEMENTS, too_many(allowed))
            if top:
                if tag in _PIXELS:
                    self.count = count
                    position = self._pixels(position, value, length, bound)
                    count = self.count
                    if self.stop_at_pixels:
                        break
                    continue
                if tag == 0 and length == 0 and self._only_zeros(position):
                    count -= 1
                    break
                if tag == _PER_FRAME_GROUPS and self.header_end is None:
                    self.header_end = position
                    self.count = count
                    self.allowed = count + self.limits.per_frame_elements
                    self.in_frame_groups = True
                    position = self._value(tag, vr, length, value, bound, implicit=implicit, depth=depth)
                    self.in_frame_groups = False
                    # What lies inside was weighed on its own.
                    self.allowed, self.count = allowed, count
                    continue
                if self.header_end is None:
                    self.top.append((tag, vr, length, value))
            if length == UNDEFINED or vr == b"SQ" or vr is None or vr == b"UN":
                self.count = count
                position = self._value(tag, vr, length, value, bound, implicit=implicit, depth=depth)
                count = self.count
            else:
                position = value + length
                if position > bound:
                    raise WalkRefusedError(Flaw.TRUNCATED, missing(position - bound))
        self.count = count
        return position

    def _value(
        self, tag: int, vr: bytes | None, length: int, value: int, bound: int, *, implicit: bool, depth: int
    ) -> int:
        """Step over a value that may hold others: sequences, unknown VRs, undefined lengths; return its end."""
        known = VR_OF_TAG.get(tag) if vr is None or vr == b"UN" else None
        if length == UNDEFINED:
            # PS3.5 6.2.2: UN of undefined length is a sequence.
            starts_item = self.data[value : value + 4] == self.item_bytes
            if vr in (b"SQ", b"UN") or known == "SQ" or (known is None and vr is None and starts_item):
                return self._sequence(value, UNDEFINED, bound, implicit=implicit, depth=depth + 1)
            return self._undefined(value, bound)
        end = value + length
        if end > bound:
            raise WalkRefusedError(Flaw.TRUNCATED, missing(end - bound))
        if vr == b"SQ" or (known == "SQ" and vr is None):
            if length:
                self._sequence(value, end, end, implicit=implicit, depth=depth + 1)
        elif length >= 8 and known in (None, "SQ") and self.data[value : value + 4] == self.item_bytes:
            self._perhaps_sequence(value, end, implicit=implicit, depth=depth + 1)
        return end

    def _perhaps_sequence(self, value: int, end: int, *, implicit: bool, depth: int) -> None:
        """Walk an unknown value that looks like a sequence, for its depth; whatever else it is does no harm."""
        try:
            self._sequence(value, end, end, implicit=implicit, depth=depth)
        except WalkRefusedError as refused:
            if refused.flaw not in (Flaw.TRUNCATED, Flaw.MALFORMED):
                raise

    def _sequence(self, position: int, end: int, bound: int, *, implicit: bool, depth: int) -> int:
        """Walk the items of a sequence and return the offset after it."""
        if depth > self.limits.depth:
            raise WalkRefusedError(Flaw.TOO_DEEP, f"Sequences are nested more than {self.limits.depth} deep.")
        data, header = self.data, self.implicit_header
        noted = self.frame_items if depth == 1 and self.in_frame_groups else None
        while position < end:
            if position + 8 > bound:
                raise WalkRefusedError(Flaw.TRUNCATED, "The file ends inside a sequence.")
            group, element, length = header(data, position)
            position += 8
            tag = group << 16 | element
            if tag == _SEQUENCE_END:
                return position
            if tag != _ITEM:
                raise WalkRefusedError(Flaw.MALFORMED, "A sequence holds something that is not an item.")
            self.count += 1
            if self.count > self.allowed:
                raise WalkRefusedError(Flaw.TOO_MANY_ELEMENTS, too_many(self.allowed))
            if length == 0:
                if noted is not None:
                    noted.extend((position << 1, position))
                continue
            item_end = bound if length == UNDEFINED else position + length
            if item_end > bound:
                raise WalkRefusedError(Flaw.TRUNCATED, missing(item_end - bound))
            # An explicit file may hold implicit items (PS3.5 6.2.2); an implicit one holds no explicit ones.
            item_implicit = implicit or not (is_upper(data, position + 4) and is_upper(data, position + 5))
            begin = position
            position = self._elements(position, item_end, bound, implicit=item_implicit, depth=depth)
            if noted is not None:
                noted.extend((begin << 1 | item_implicit, position))
        return position

    def _undefined(self, position: int, bound: int) -> int:
        """Step over a value of undefined length: items of bytes (PS3.5 A.4), else anything up to the delimiter."""
        walked = self._fragments(position, bound)
        if walked is not None:
            return walked
        found = self._find(self.end_pattern, position, bound)
        if found < 0:
            raise WalkRefusedError(Flaw.TRUNCATED, "The file ends inside a value whose end is not marked.")
        return min(found + 8, bound)

    def _fragments(self, position: int, bound: int) -> int | None:
        """Walk encapsulated fragments by their headers; return the offset after the delimiter, or None."""
        data, header = self.data, self.implicit_header
        fragments, allowed = self.fragments, self.limits.fragments
        while position + 8 <= bound:
            group, element, length = header(data, position)
            tag = group << 16 | element
            position += 8
            if tag == _SEQUENCE_END:
                self.fragments = fragments
                return position
            if tag != _ITEM:
                break
            position += length
            fragments += 1
            if fragments > allowed:
                raise WalkRefusedError(Flaw.TOO_MANY_ELEMENTS, "The file has too many pixel data fragments.")
        self.fragments = fragments
        return None

    def _pixels(self, position: int, value: int, length: int, bound: int) -> int:
        """Note top-level pixel data and step over it."""
        if self.pixel_offset is None:
            self.pixel_offset = position
            if self.header_end is None:
                self.header_end = position
        if length != UNDEFINED:
            self.pixel_end = end = value + length
            if self.stop_at_pixels:
                return value
            if end > bound:
                raise WalkRefusedError(Flaw.TRUNCATED, missing(end - bound))
            return end
        try:
            self.pixel_end = self._undefined(value, bound)
        except WalkRefusedError as refused:
            if refused.flaw is not Flaw.TRUNCATED or not self._whole_fragments(value, bound):
                raise
            self.unclosed = True
            self.pixel_end = bound
        return self.pixel_end

    def _whole_fragments(self, position: int, bound: int) -> bool:
        """Say whether fragments end exactly with the file: only their last delimiter is missing."""
        held = 0
        while position + 8 <= bound and self.data[position : position + 4] == self.item_bytes:
            length = self.length(self.data, position + 4)[0]
            position += 8 + length
            held += length
        return held > 0 and position == bound

    def _find(self, needle: re.Pattern[bytes], position: int, bound: int) -> int:
        """Find bytes in any kind of buffer without copying all of it."""
        found = needle.search(self.data, position, bound)
        return found.start() if found else -1

    def _only_zeros(self, position: int) -> bool:
        """Say, once, whether nothing but zeros follows: padding of a medium's block."""
        if self.zeros_looked_for:
            return False
        self.zeros_looked_for = True
        for start in range(position, self.size, 1 << 20):
            if bytes(self.data[start : start + (1 << 20)]).strip(b"\0"):
                return False
        return True
