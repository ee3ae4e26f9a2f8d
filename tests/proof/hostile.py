"""Good files and hostile ones, each with what every door has to make of it."""

import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import imagecodecs
import numpy as np
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.prescan import PrescanLimits
from tests.dicom.test_prescan import DEFLATED, ENDLESS, ITEM_END, MODALITY, SEQUENCE_END, element, item, part10
from tests.sandbox.archives import overlapping_zip, same_bytes_listed, tar_of_infos, tarred, zipped

FILE_BYTES = 2_000_000
ARCHIVE_BYTES = 8_000_000
ARCHIVE_ENTRIES = 40


@dataclass(frozen=True)
class Case:
    """One thing to send, and what is to be told of it: outcomes, or reasons of refusal."""

    name: str
    data: bytes
    told: tuple[str, ...]
    picture: str = ""
    """What becomes of its picture: ready, or the reason why there is none."""
    is_counted: bool = True
    """Every entry is told of one by one; an archive within another shares the other's limit of entries."""


@cache
def cases() -> tuple[Case, ...]:
    """All of them, in the order to send them; every door gets the same bytes."""
    return tuple(_made())


def _made() -> Iterator[Case]:
    good = synthetic.as_bytes(_picture(1))
    yield Case("good.dcm", good, ("accepted",), "ready")
    yield Case("again.dcm", good, ("duplicate",))
    yield Case("other bytes, same UID.dcm", _other_bytes(1), ("accepted",), "ready")
    yield Case("no preamble", synthetic.as_bytes(_picture(2))[132:], ("accepted",), "ready")
    yield Case("no extension", synthetic.as_bytes(_picture(3)), ("accepted",), "ready")
    yield Case("picture.jpg", b"\xff\xd8\xff\xe0" + bytes(2000), ("invalid_type",))
    yield Case("letter.pdf", b"%PDF-1.7 no DICOM at all", ("invalid_type",))
    yield Case("empty.dcm", b"", ("invalid_type",))
    yield Case("only the mark.dcm", bytes(128) + b"DICM", ("truncated",))
    yield Case("cut.dcm", synthetic.as_bytes(_picture(4))[:-100], ("truncated",))
    yield Case("a declared length beyond the file.dcm", _declared_too_long(), ("truncated",))
    yield Case("over the cap.dcm", synthetic.as_bytes(_picture(5, side=1200)), ("too_large",))
    yield Case("nested too deep.dcm", _nested(300), ("unsafe",))
    yield Case("too many elements.dcm", part10(element(0x00080070, b"LO", b"") * 100_001), ("unsafe",))
    yield Case("deflate bomb.dcm", header_bomb(), ("unsafe",))
    yield Case("NaN.dcm", _not_a_number(), ("accepted",), "ready")
    yield Case("../../etc/passwd", synthetic.as_bytes(_picture(7)), ("accepted",), "ready")
    yield Case("nul\0inside.dcm", synthetic.as_bytes(_picture(8)), ("accepted",), "ready")
    yield Case("<script>alert(1)</script>.dcm", synthetic.as_bytes(_picture(9)), ("accepted",), "ready")
    yield Case("研究" * 300, synthetic.as_bytes(_picture(10)), ("accepted",), "ready")
    yield Case("box of length zero.dcm", endless_box(), ("accepted",), "damaged")
    yield Case("30000 squared.dcm", large_jpeg(), ("accepted",), "too_large")
    yield Case("RLE bomb.dcm", rle_bomb(), ("accepted",), "too_large")
    yield from _archives()


def _archives() -> Iterator[Case]:
    two = [("a/one.dcm", synthetic.as_bytes(_picture(11))), ("b/two.txt", b"no DICOM")]
    yield Case("two.zip", zipped(two), ("accepted", "invalid_type"), "ready")
    two = [("c/one.dcm", synthetic.as_bytes(_picture(12))), ("d/two.txt", b"no DICOM")]
    yield Case("two.tar", tarred(two), ("accepted", "invalid_type"), "ready")
    two = [("e/one.dcm", synthetic.as_bytes(_picture(13))), ("f/two.txt", b"no DICOM")]
    yield Case("two.tar.gz", tarred(two, mode="w:gz"), ("accepted", "invalid_type"), "ready")
    names = ["../../../etc/passwd", "/etc/passwd", "C:\\windows\\x", "nul\0within", "a//b/../c", "\u202egpj.exe"]
    yield Case(
        "evil names.zip",
        zipped([(name, synthetic.as_bytes(_picture(20 + number))) for number, name in enumerate(names)]),
        ("accepted",) * len(names),
        "ready",
    )
    yield Case("links.tar", _links(), ("unsafe",) * 3)
    # The last of these holds only what is its own, and lies about that.
    yield Case("overlapping.zip", overlapping_zip(30, 1_000_000), ("unsafe",) * 29 + ("unreadable",))
    yield Case("same bytes listed often.zip", same_bytes_listed(30, bytes(5000)), ("unsafe",) * 30)
    bomb = zipped([("zeros", bytes(60_000_000)), ("beside zeros.dcm", synthetic.as_bytes(_picture(30)))])
    yield Case("ratio.zip", bomb, ("unsafe", "accepted"), "ready")
    large = [(f"{number}.dcm", np.random.default_rng(number).bytes(10_000) * 190) for number in range(5)]
    yield Case("more than an archive may hold.zip", zipped(large), ("invalid_type",) * 4 + ("too_large",))
    many = zipped([(f"{number}.txt", b"no DICOM") for number in range(ARCHIVE_ENTRIES + 5)])
    yield Case("too many entries.zip", many, ("invalid_type", "unsafe"), is_counted=False)
    yield Case("cut.zip", zipped([("cut off.dcm", synthetic.as_bytes(_picture(31)))])[:-400], ("truncated",) * 2)
    yield Case("nothing.zip", zipped([]), ("invalid_type",))


def _picture(seed: int, side: int = 16) -> Dataset:
    return synthetic.secondary_capture(side, side, seed=5000 + seed)


def _other_bytes(seed: int) -> bytes:
    dataset = _picture(seed)
    dataset.SeriesDescription = "other"
    return synthetic.as_bytes(dataset)


def _declared_too_long() -> bytes:
    return part10(MODALITY + element(0x7FE00010, b"OW", b"\1\2" * 50, length=0x7FFFFFFE))


def _nested(depth: int) -> bytes:
    inner = MODALITY
    for _ in range(depth):
        inner = element(0x00081140, b"SQ", item(inner + ITEM_END, ENDLESS) + SEQUENCE_END, ENDLESS)
    return part10(inner)


def header_bomb() -> bytes:
    """A deflated header that outgrows what may be held of one; the gigabyte below takes seconds at every door."""
    return _bomb(MODALITY + element(0x00420011, b"OB", b"", length=0x7FFFFFFE), PrescanLimits().inflated_header_bytes)


def deflate_bomb() -> bytes:
    return _bomb(MODALITY + element(0x7FE00010, b"OW", b"", length=0x7FFFFFFE), 70 << 24)


def _bomb(header: bytes, zeros: int) -> bytes:
    squeezed = zlib.compressobj(9, wbits=-15)
    head = squeezed.compress(header) + squeezed.flush(zlib.Z_FULL_FLUSH)
    # After a full flush a block stands for itself, and can be repeated.
    block = squeezed.compress(bytes(1 << 24)) + squeezed.flush(zlib.Z_FULL_FLUSH)
    return part10(head + block * -(-zeros >> 24) + squeezed.flush(), DEFLATED)


def _not_a_number() -> bytes:
    dataset = synthetic.ct_series(1, 16, 16, seed=5006)[0]
    dataset.add_new(0x00181063, "DS", "1.0")
    data = synthetic.as_bytes(dataset)
    return data.replace(b"\x18\x00\x63\x10DS\x04\x001.0 ", b"\x18\x00\x63\x10DS\x04\x00NaN ")


def _compressed(seed: int, syntax: str, frame: bytes, **attributes: object) -> bytes:
    dataset = _picture(seed)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    del dataset.PlanarConfiguration
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    synthetic.as_bytes(dataset)
    dataset.file_meta.TransferSyntaxUID = syntax
    return synthetic.as_bytes(dataset)


def endless_box() -> bytes:
    boxes = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 "
    return _compressed(40, JPEG2000Lossless, boxes + b"\x00\x00\x00\x00jp2h" + bytes(400))


def large_jpeg() -> bytes:
    code = bytearray(imagecodecs.jpeg8_encode(np.zeros((16, 16), np.uint8), 90))
    frame = code.index(b"\xff\xc0")
    code[frame + 5 : frame + 9] = struct.pack(">HH", 30_000, 30_000)
    return _compressed(41, JPEGBaseline8Bit, bytes(code))


def rle_bomb() -> bytes:
    frame = struct.pack("<16L", 1, 64, *[0] * 14) + b"\x81\x00" * 241
    return _compressed(42, RLELossless, frame, Rows=65_535, Columns=65_535)


def _links() -> bytes:
    kinds: list[tuple[bytes, Callable[[tarfile.TarInfo], None]]] = [
        (tarfile.SYMTYPE, lambda info: setattr(info, "linkname", "/etc/passwd")),
        (tarfile.LNKTYPE, lambda info: setattr(info, "linkname", "../../../etc/passwd")),
        (tarfile.CHRTYPE, lambda _info: None),
    ]
    infos = []
    for number, (kind, change) in enumerate(kinds):
        info = tarfile.TarInfo(f"{number}.dcm")
        info.type = kind
        change(info)
        infos.append(info)
    return tar_of_infos(*infos)
