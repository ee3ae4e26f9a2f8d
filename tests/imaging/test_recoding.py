"""Objects rewritten in another transfer syntax: every file, whatever its encoding, and files that mean harm."""

import io
import random
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_for_tag
from pydicom.encaps import encapsulate_extended

from dicomgallery.dicom import transfer
from dicomgallery.imaging import transcoding
from dicomgallery.imaging.layout import layout_of
from dicomgallery.imaging.recoding import recode
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.samples import frame_samples
from dicomgallery.imaging.source import open_source
from dicomgallery.services.recoding import COMPRESSED
from tests.imaging.encodings import PACKAGED, files_of
from tests.imaging.making import as_file, compressed, image, ramp

EXPLICIT = transfer.EXPLICIT_LITTLE_ENDIAN
CHANGED = {
    "PixelData",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
}


def rewritten(path: Path, syntax: str) -> bytes:
    """All pieces of an object together."""
    stored, made, first = path.read_bytes(), b"", 0
    size: int | None = None
    while True:
        piece = recode(path, syntax, first)
        size = piece.size_bytes if first == 0 else size
        begin, end = piece.copied
        made += piece.before + stored[begin:end] + piece.after
        if not piece.next_frame:
            assert size in {None, len(made)}
            return made
        assert piece.next_frame > first
        first = piece.next_frame


def apart(one: Path, other: Path) -> float:
    """The largest difference between samples of the first, middle and last frames of two files."""
    sources = open_source(one), open_source(other)
    layouts = [layout_of(source.dataset, source.element.numbers, source.transfer_syntax) for source in sources]
    worst = 0.0
    for index in {0, layouts[0].frames // 2, layouts[0].frames - 1}:
        first, second = (
            frame_samples(source, layout, index).samples for source, layout in zip(sources, layouts, strict=True)
        )
        assert first.shape == second.shape
        worst = max(worst, float(np.nanmax(np.abs(first.astype(float) - second.astype(float)), initial=0.0)))
    return worst


def differences(one: Dataset, other: Dataset) -> Iterator[str]:
    """The elements that are not the same in two headers; groups' lengths, which are retired, apart."""
    for tag in sorted({*one.keys(), *other.keys()}):
        if tag.element == 0 or keyword_for_tag(tag) in CHANGED:
            continue
        if tag not in one or tag not in other:
            yield str(tag)
            continue
        try:
            values = str(one[tag].value), str(other[tag].value)
        except (ValueError, TypeError, NotImplementedError, KeyError):
            continue
        # Words of a big endian file have changed their order.
        if values[0] != values[1] and one[tag].VR != "OW":
            yield str(tag)


def checked(path: Path, syntax: str, scratch: Path) -> bool:
    """Rewrite a file and compare; False where it is refused."""
    try:
        made = rewritten(path, syntax)
    except CannotRenderError:
        return False
    scratch.write_bytes(made)
    before, after = dcmread(path, force=True), dcmread(io.BytesIO(made))
    assert list(differences(before, after)) == [], path.name
    has_pixels = "PixelData" in before
    assert after.file_meta.TransferSyntaxUID == (syntax if has_pixels else EXPLICIT), path.name
    if has_pixels:
        assert apart(path, scratch) == 0, path.name
    return True


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "made.dcm"


def test_every_packaged_file_is_the_same_in_explicit_little_endian(scratch: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = [checked(path, EXPLICIT, scratch) for path in files_of(PACKAGED)]

    assert done.count(True) > 150


@pytest.mark.long
def test_every_file_of_the_corpus_is_the_same_in_every_encoding(corpus: list[Path], scratch: Path) -> None:
    done = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in (path for path in corpus if path.name != "mlut_18.dcm"):
            done += [checked(path, syntax, scratch) for syntax in (EXPLICIT, *sorted(COMPRESSED))]

    assert done.count(True) > 2000


def test_bits_above_those_stored_are_not_lost(tmp_path: Path, scratch: Path) -> None:
    samples = ramp(0, 4095) | 0x8000
    path = tmp_path / "overlay.dcm"
    path.write_bytes(as_file(image(samples, BitsStored=12, HighBit=11)))

    for syntax in sorted(COMPRESSED):
        assert checked(path, syntax, scratch), syntax


def test_an_extended_offset_table_goes_with_the_fragments_it_told_of(tmp_path: Path, scratch: Path) -> None:
    frames = np.stack([ramp(0, 1000), ramp(500, 4000)])
    path = tmp_path / "table.dcm"
    dataset = image(frames, frames=True)
    path.write_bytes(as_file(dataset))
    scratch.write_bytes(rewritten(path, "1.2.840.10008.1.2.5"))
    packed = [transcoding.frames(scratch, [number], "*").data for number in (1, 2)]
    compressed(dataset, packed, extended=True)
    item = Dataset()
    item.FrameContentSequence = [Dataset()]
    dataset.PerFrameFunctionalGroupsSequence = [item, item]
    path.write_bytes(as_file(dataset, "1.2.840.10008.1.2.5"))
    assert encapsulate_extended(packed)[1] == dataset.ExtendedOffsetTable

    made = dcmread(io.BytesIO(rewritten(path, EXPLICIT)))

    assert "ExtendedOffsetTable" not in made
    assert "ExtendedOffsetTableLengths" not in made
    assert len(made.PerFrameFunctionalGroupsSequence) == 2
    assert (made.pixel_array == frames).all()


def test_what_follows_the_pixels_stays(tmp_path: Path) -> None:
    dataset = image(ramp(0, 1000))
    dataset.DataSetTrailingPadding = b"\0" * 64
    for syntax in (EXPLICIT, "1.2.840.10008.1.2.2"):
        path = tmp_path / "padded.dcm"
        path.write_bytes(as_file(dataset, syntax))

        for target in (EXPLICIT, "1.2.840.10008.1.2.5"):
            assert dcmread(io.BytesIO(rewritten(path, target))).DataSetTrailingPadding == b"\0" * 64


def test_whatever_is_done_to_a_file_it_is_rewritten_or_refused(tmp_path: Path) -> None:
    chance = random.Random(5)
    path = tmp_path / "harm.dcm"
    done = refused = 0
    for name in (
        "MR_small_RLE.dcm",
        "MR_small_implicit.dcm",
        "MR_small_bigendian.dcm",
        "CT_small.dcm",
        "rtdose_rle.dcm",
    ):
        data = (PACKAGED / name).read_bytes()
        for _ in range(40):
            harmed = bytearray(data)
            for _ in range(chance.choice((1, 3, 20))):
                harmed[chance.randrange(132, min(len(harmed), 3000))] = chance.randrange(256)
            path.write_bytes(harmed[: chance.choice((len(harmed), len(harmed), chance.randrange(200, len(harmed))))])
            for syntax in (EXPLICIT, "1.2.840.10008.1.2.4.80", "*"):
                try:
                    recode(path, syntax)
                    done += 1
                except CannotRenderError as refusal:
                    refused += refusal.detail.endswith(".")

    assert done > 100
    assert refused > 50
