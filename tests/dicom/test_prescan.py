"""The gate: what it lets through, what it refuses, and in which words."""

import mmap
import struct
import time
import zlib
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomgallery.dicom.prescan import Flaw, Flawed, PrescanLimits, Prescanned, prescan

EXPLICIT = b"1.2.840.10008.1.2.1\0"
IMPLICIT = b"1.2.840.10008.1.2\0"
DEFLATED = b"1.2.840.10008.1.2.1.99"
JPEG = b"1.2.840.10008.1.2.4.50"
ENDLESS = 0xFFFFFFFF
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"
ITEM_END = b"\xfe\xff\x0d\xe0\0\0\0\0"


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """Encode one explicit little endian element, telling a lie about its length when asked to."""
    size = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    if vr in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
        return head + b"\0\0" + struct.pack("<L", size) + value
    return head + struct.pack("<H", size) + value


def item(value: bytes, length: int | None = None) -> bytes:
    """Encode one item."""
    return b"\xfe\xff\x00\xe0" + struct.pack("<L", len(value) if length is None else length) + value


def part10(dataset: bytes, syntax: bytes = EXPLICIT) -> bytes:
    """Put a preamble and file meta before an encoded data set."""
    return b"\0" * 128 + b"DICM" + element(0x00020010, b"UI", syntax) + dataset


MODALITY = element(0x00080060, b"CS", b"OT")
PIXELS = element(0x7FE00010, b"OW", b"\1\2" * 50)


def flaw_of(data: bytes) -> Flaw:
    """Demand that the gate refuses the data and return why."""
    refused = prescan(data)
    assert isinstance(refused, Flawed)
    assert refused.detail.endswith(".")
    return refused.flaw


def passed(data: bytes | mmap.mmap) -> Prescanned:
    """Demand that the gate lets the data through."""
    scanned = prescan(data)
    assert isinstance(scanned, Prescanned), scanned
    return scanned


def test_a_plain_file_passes_and_its_parts_are_found() -> None:
    data = part10(MODALITY + PIXELS)

    scanned = passed(data)

    assert data[scanned.dataset_offset : scanned.dataset_offset + 4] == b"\x08\x00\x60\x00"
    assert scanned.pixel_offset == scanned.header_end == len(data) - len(PIXELS)
    assert scanned.transfer_syntax == "1.2.840.10008.1.2.1"
    assert (scanned.headerless, scanned.element_count, scanned.inflated) == (False, 2, None)


def test_a_mapped_file_is_scanned_like_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "ct"
    file.write_bytes(Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes())
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert passed(mapped) == passed(file.read_bytes()) == prescan(memoryview(file.read_bytes()))


def test_an_empty_file_and_a_text_are_told_apart() -> None:
    assert flaw_of(b"") is Flaw.EMPTY
    assert flaw_of(b"Dear colleague, " * 40) is Flaw.NOT_DICOM
    assert flaw_of(b"\x08\x00" + b"not at all what it looks like" * 9) is Flaw.NOT_DICOM


def test_the_mark_alone_is_not_enough() -> None:
    assert flaw_of(b"\0" * 128 + b"DICM") is Flaw.TRUNCATED
    assert flaw_of(b"\0" * 128 + b"DICM" + b"\xff" * 64) in (Flaw.MALFORMED, Flaw.TRUNCATED)


def test_a_data_set_without_preamble_and_meta_passes_as_headerless() -> None:
    dataset = element(0x00080005, b"CS", b"ISO_IR 100") + MODALITY + element(0x00080070, b"LO", b"ACME") + PIXELS

    scanned = passed(dataset)

    assert scanned.headerless
    assert scanned.transfer_syntax == "1.2.840.10008.1.2.1"


def test_meta_without_preamble_passes_as_headerless() -> None:
    scanned = passed(element(0x00020010, b"UI", EXPLICIT) + MODALITY + PIXELS)

    assert scanned.headerless
    assert scanned.dataset_offset > 0


def test_a_length_beyond_the_file_is_a_truncation() -> None:
    assert flaw_of(part10(MODALITY + element(0x00080070, b"LO", b"ACME", length=400))) is Flaw.TRUNCATED
    assert flaw_of(part10(MODALITY + PIXELS)[:-1]) is Flaw.TRUNCATED
    assert flaw_of(part10(element(0x00081140, b"SQ", item(MODALITY, length=4000)))) is Flaw.TRUNCATED


def test_fragments_are_walked_and_must_lie_in_the_file() -> None:
    whole = element(0x7FE00010, b"OB", item(b"") + item(b"\xff\xd8\xff\xd9") + SEQUENCE_END, length=ENDLESS)
    assert passed(part10(MODALITY + whole, JPEG)).pixel_offset is not None
    assert flaw_of(part10(MODALITY + whole[:-9], JPEG)) is Flaw.TRUNCATED


def test_a_missing_last_delimiter_after_whole_fragments_is_forgiven() -> None:
    pixels = element(0x7FE00010, b"OB", item(b"") + item(b"\xff\xd8\xff\xd9"), length=ENDLESS)

    assert passed(part10(MODALITY + pixels, JPEG)).unclosed


@pytest.mark.parametrize("length", [ENDLESS, None])
def test_deep_nesting_is_refused_without_exhausting_the_stack(length: int | None) -> None:
    def nested(depth: int) -> bytes:
        inner = MODALITY
        for _ in range(depth):
            closing = (ITEM_END, SEQUENCE_END) if length else (b"", b"")
            inner = element(0x00081140, b"SQ", item(inner + closing[0], length) + closing[1], length)
        return part10(inner)

    passed(nested(32))
    assert flaw_of(nested(33)) is Flaw.TOO_DEEP
    assert flaw_of(nested(3000)) is Flaw.TOO_DEEP


def test_deep_nesting_cannot_hide_in_unknown_private_values() -> None:
    inner = MODALITY
    for _ in range(60):
        inner = element(0x00091010, b"UN", item(inner))

    assert flaw_of(part10(inner)) is Flaw.TOO_DEEP


def test_the_number_of_elements_is_limited() -> None:
    assert flaw_of(part10(element(0x00080070, b"LO", b"") * 100_001)) is Flaw.TOO_MANY_ELEMENTS
    assert flaw_of(part10(element(0x00081140, b"SQ", item(b"") * 100_001))) is Flaw.TOO_MANY_ELEMENTS


def test_per_frame_groups_end_the_header_and_are_weighed_on_their_own() -> None:
    frame = item(element(0x00209111, b"SQ", item(element(0x00209057, b"UL", b"\1\0\0\0"))))
    groups = element(0x52009230, b"SQ", frame * 40_000 + SEQUENCE_END, length=ENDLESS)

    scanned = passed(part10(MODALITY + groups + PIXELS))

    assert scanned.pixel_offset is not None
    assert scanned.header_end == scanned.pixel_offset - len(groups)
    assert scanned.element_count == 3


def test_a_deflated_file_is_inflated_only_as_far_as_its_header() -> None:
    pixels = element(0x7FE00010, b"OW", b"\0" * 30_000_000)
    squeezed = zlib.compressobj(wbits=-15)
    data = part10(squeezed.compress(MODALITY + pixels) + squeezed.flush(), DEFLATED)

    scanned = passed(data)

    assert scanned.inflated is not None
    assert scanned.header_end == len(MODALITY)
    assert len(scanned.inflated) < 1_000_000


def test_a_deflate_bomb_is_refused_by_counted_bytes() -> None:
    squeezed = zlib.compressobj(9, wbits=-15)
    head = squeezed.compress(MODALITY + element(0x7FE00010, b"OW", b"", length=0x7FFFFFFE))
    head += squeezed.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers back: the same block comes out as the same bytes again.
    block = squeezed.compress(b"\0" * (1 << 24)) + squeezed.flush(zlib.Z_FULL_FLUSH)
    body = head + 128 * block + squeezed.flush()

    assert flaw_of(part10(body, DEFLATED)) is Flaw.INFLATES_TOO_FAR


def test_a_deflated_file_cut_short_or_garbled_is_refused() -> None:
    squeezed = zlib.compressobj(wbits=-15)
    body = squeezed.compress(MODALITY + PIXELS) + squeezed.flush()

    assert flaw_of(part10(body[:-6], DEFLATED)) is Flaw.TRUNCATED
    assert flaw_of(part10(b"\xff" * 40, DEFLATED)) is Flaw.MALFORMED


def test_zeros_that_pad_the_last_block_are_not_elements() -> None:
    data = part10(MODALITY + PIXELS)

    assert passed(data + b"\0" * 4096).dataset_end == len(data)


def test_limits_can_be_narrowed() -> None:
    refused = prescan(part10(MODALITY + PIXELS), limits=PrescanLimits(elements=1))

    assert isinstance(refused, Flawed)
    assert refused.flaw is Flaw.TOO_MANY_ELEMENTS


def test_many_undefined_values_are_scanned_in_linear_time() -> None:
    value = element(0x00091001, b"OB", b"x" * 50 + SEQUENCE_END, length=ENDLESS)
    started = time.monotonic()

    passed(part10(value * 60_000))
    assert time.monotonic() - started < 5


def test_every_packaged_file_passes_but_the_two_cut_short() -> None:
    names = {"rtplan_truncated.dcm", "MR_truncated.dcm", "no_meta.dcm"}
    refused = {
        file.name
        for file in Path(str(get_testdata_file("CT_small.dcm", download=False))).parent.glob("*.dcm")
        if isinstance(prescan(file.read_bytes()), Flawed)
    }

    assert refused == names
    assert flaw_of(Path(str(get_testdata_file("MR_truncated.dcm", download=False))).read_bytes()) is Flaw.TRUNCATED
    # Its first byte is lost, so every element lies one byte off.
    assert flaw_of(Path(str(get_testdata_file("no_meta.dcm", download=False))).read_bytes()) is Flaw.NOT_DICOM


def test_a_typical_header_is_scanned_in_half_a_millisecond() -> None:
    data = Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()
    best = min(_seconds(data) for _ in range(40))

    assert best < 0.0005


def _seconds(data: bytes) -> float:
    started = time.perf_counter()
    prescan(data)
    return time.perf_counter() - started
