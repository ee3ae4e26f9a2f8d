"""Areas painted black: in every frame, in every encoding, and nothing beside them."""

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from dicomgallery.dicom.boxes import Box
from dicomgallery.imaging import retouch
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.transcoding import frames
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services.recoding import retouched
from tests.imaging.making import as_file, compressed, image, saved

EXPLICIT, BIG, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
BOXES = (Box(3, 2, 9, 6), Box(20, 10, 99, 12))
WHITE_IS_LOW = {"BitsStored": 12, "HighBit": 11, "PhotometricInterpretation": "MONOCHROME1"}
RANDOM = np.random.default_rng(7)


def painted(path: Path) -> bytes:
    target = io.BytesIO()
    retouch.write(path, BOXES, target)
    return target.getvalue()


def inside(rows: int = 16, columns: int = 24) -> NDArray[np.bool_]:
    mask = np.zeros((rows, columns), bool)
    for box in BOXES:
        mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def noise(*shape: int, dtype: Any = np.uint8, low: int = 10, high: int = 200) -> NDArray[Any]:
    return RANDOM.integers(low, high, shape).astype(dtype)


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG])
@pytest.mark.parametrize(
    ("samples", "attributes", "black"),
    [
        (noise(3, 16, 24), {}, 0),
        (noise(3, 16, 24, dtype=np.uint16), {"BitsStored": 12, "HighBit": 11}, 0),
        (
            noise(3, 16, 24, dtype=np.uint16),
            WHITE_IS_LOW,
            4095,
        ),
        (noise(3, 16, 24, dtype=np.int16, low=-300), {}, None),
        (noise(3, 16, 24, dtype=np.uint32), {}, 0),
        (noise(3, 16, 24, 3), {}, 0),
        (noise(3, 16, 24, 3), {"PhotometricInterpretation": "YBR_FULL"}, (0, 128, 128)),
    ],
    ids=["8 bits", "12 bits", "low is white", "signed", "32 bits", "color", "luminance"],
)
def test_uncompressed_pixels_change_in_the_boxes_of_every_frame_alone(
    syntax: str, samples: NDArray[Any], attributes: dict[str, Any], black: Any, tmp_path: Path
) -> None:
    dataset = image(samples if syntax == EXPLICIT else samples.byteswap(), frames=True, **attributes)
    if dataset.BitsAllocated == 8:
        dataset["PixelData"].VR = "OB"
    path = saved(tmp_path, dataset, syntax)
    before, after = path.read_bytes(), painted(path)
    at = len(before) - samples.nbytes
    made = np.frombuffer(after[at:], samples.dtype.newbyteorder("<" if syntax == EXPLICIT else ">"))
    made = made.reshape(samples.shape)
    mask = inside()
    assert len(after) == len(before)
    assert after[:at] == before[:at]
    assert np.array_equal(made[:, ~mask], samples[:, ~mask])
    for frame, was in zip(made, samples, strict=True):
        assert np.all(frame[mask] == (min(0, was.min()) if black is None else black))


def test_bits_in_bytes_and_planes_and_pairs_of_colors_are_found_where_they_lie(tmp_path: Path) -> None:
    mask = inside(15, 23)
    bits = RANDOM.integers(0, 2, (5, 15, 23)).astype(np.uint8)
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    dataset = image(np.zeros((5, 15, 23), np.uint8), frames=True, BitsAllocated=1, BitsStored=1, HighBit=0)
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    made = painted(saved(tmp_path, dataset))[-len(dataset.PixelData) :]
    found = np.unpackbits(np.frombuffer(made, np.uint8), bitorder="little")[: bits.size].reshape(bits.shape)
    assert np.array_equal(found, np.where(mask, 0, bits))

    planes = noise(3, 16, 24)
    dataset = image(np.zeros((16, 24, 3), np.uint8), PlanarConfiguration=1)
    dataset.PixelData = planes.tobytes()
    made = painted(saved(tmp_path, dataset))[-planes.nbytes :]
    assert np.array_equal(np.frombuffer(made, np.uint8).reshape(3, 16, 24), np.where(inside(), 0, planes))

    pairs = noise(16, 12, 4)
    dataset = image(np.zeros((16, 24, 3), np.uint8), PhotometricInterpretation="YBR_FULL_422")
    dataset.PixelData = pairs.tobytes()
    made = painted(saved(tmp_path, dataset))[-pairs.nbytes :]
    cut = np.zeros((16, 12), bool)
    cut[2:6, 1:5] = cut[10:12, 10:] = True
    expected = np.where(cut[..., None], np.array([0, 0, 128, 128], np.uint8), pairs)
    assert np.array_equal(np.frombuffer(made, np.uint8).reshape(pairs.shape), expected)


def test_words_of_a_big_endian_file_are_painted_byte_by_byte(tmp_path: Path) -> None:
    samples = noise(3, 15, 23)
    dataset = image(samples, frames=True)
    padded = dataset.PixelData
    swapped = bytearray(padded)
    swapped[0::2], swapped[1::2] = padded[1::2], padded[0::2]
    dataset.PixelData = bytes(swapped)
    dataset["PixelData"].VR = "OW"
    held = as_file(dataset, BIG)
    path = tmp_path / "words.dcm"
    path.write_bytes(held)
    stored = held[-len(padded) :]
    made = painted(path)[-len(padded) :]
    turned = np.frombuffer(made, np.uint8).reshape(-1, 2)[:, ::-1].reshape(-1)[: samples.size].reshape(samples.shape)
    was = np.frombuffer(stored, np.uint8).reshape(-1, 2)[:, ::-1].reshape(-1)[: samples.size].reshape(samples.shape)
    assert np.array_equal(turned, np.where(inside(15, 23), 0, was))


def test_a_palette_is_painted_with_its_darkest_entry(tmp_path: Path) -> None:
    dataset = image(noise(16, 24, high=15), PhotometricInterpretation="PALETTE COLOR")
    light = np.full(16, 60000, np.uint16)
    light[11] = 300
    for color in ("Red", "Green", "Blue"):
        setattr(dataset, f"{color}PaletteColorLookupTableDescriptor", [16, 0, 16])
        setattr(dataset, f"{color}PaletteColorLookupTableData", light.tobytes())
    made = np.frombuffer(painted(saved(tmp_path, dataset))[-16 * 24 :], np.uint8).reshape(16, 24)
    assert set(made[inside()].tolist()) == {11}


def test_what_follows_the_last_frame_is_painted_too_and_a_frame_cut_short_as_far_as_it_goes(tmp_path: Path) -> None:
    samples = noise(3, 16, 24)
    dataset = image(samples, frames=True, NumberOfFrames=1)
    dataset.PixelData = samples.tobytes()[:-100]
    made = painted(saved(tmp_path, dataset))[-(samples.nbytes - 100) :]
    expected = np.where(inside(), 0, samples).tobytes()[:-100]
    assert made == expected


COLORS = noise(16, 24, 3)


def with_loss(samples: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(samples, level=40, codecformat="j2k", numthreads=1))


def without_loss(samples: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(samples, reversible=True, codecformat="j2k", numthreads=1))


@pytest.mark.parametrize(
    ("syntaxes", "encode", "samples", "lossy"),
    [
        (("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.80"), imagecodecs.jpeg8_encode, COLORS, "ISO_10918_1"),
        (("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.80"), imagecodecs.jpegls_encode, noise(16, 24), ""),
        (("1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.90"), with_loss, noise(16, 24), "ISO_15444_1"),
        (("1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.90"), without_loss, noise(16, 24), ""),
        (("1.2.840.10008.1.2.1.98", EXPLICIT), lambda a: a.tobytes(), noise(16, 24), ""),
    ],
    ids=["JPEG", "JPEG-LS", "JPEG 2000", "JPEG 2000 without loss", "uncompressed in fragments"],
)  # fmt: skip
def test_compressed_frames_are_written_without_further_loss_and_say_what_they_have_lost(
    syntaxes: tuple[str, str], encode: Any, samples: NDArray[Any], lossy: str, tmp_path: Path
) -> None:
    syntax, becomes = syntaxes
    dataset = compressed(image(np.stack([samples, samples]), frames=True), [encode(samples)] * 2, extended=True)
    if samples.ndim == 3:
        dataset.PhotometricInterpretation = "YBR_FULL_422"
    path = saved(tmp_path, dataset, syntax)
    made = tmp_path / "made.dcm"
    made.write_bytes(painted(path))
    header = dcmread(made)
    assert header.file_meta.TransferSyntaxUID == becomes
    assert header.PhotometricInterpretation == ("RGB" if samples.ndim == 3 else "MONOCHROME2")
    assert (header.get("LossyImageCompression", ""), header.get("LossyImageCompressionMethod", "")) == (
        "01" if lossy else "", lossy
    )  # fmt: skip
    assert "ExtendedOffsetTable" not in header
    before, after = (decoded(each, samples.shape) for each in (path, made))
    mask = inside()
    assert np.array_equal(before[:, ~mask], after[:, ~mask])
    assert not after[:, mask].any()


def decoded(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.frombuffer(frames(path, [1, 2], EXPLICIT).data, np.uint8).reshape(2, *shape)


def test_a_deflated_object_leaves_plainly_with_what_stands_behind_its_pixels(tmp_path: Path) -> None:
    samples = noise(16, 24)
    dataset = image(samples, DataSetTrailingPadding=b"\0\0")
    path = tmp_path / "deflated.dcm"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(DEFLATED)
    dataset.save_as(path, enforce_file_format=True)
    header = dcmread(io.BytesIO(painted(path)))
    assert header.file_meta.TransferSyntaxUID == EXPLICIT
    assert np.array_equal(header.pixel_array, np.where(inside(), 0, samples))


def test_the_sandbox_gives_the_same_bytes_as_a_call(shared_sandbox: Sandbox, tmp_path: Path) -> None:
    path = saved(tmp_path, image(noise(40, 700, 700), frames=True))
    assert b"".join(retouched(path, BOXES, shared_sandbox)) == painted(path)
    with pytest.raises(CannotRenderError):
        list(retouched(tmp_path / "none.dcm", BOXES, shared_sandbox))


def test_a_video_and_a_broken_file_are_refused(tmp_path: Path) -> None:
    video = compressed(image(noise(16, 24)), [b"\0\0\1\xb3" + b"\0" * 60])
    for path in (saved(tmp_path, video, "1.2.840.10008.1.2.4.102"), tmp_path / "none.dcm"):
        with pytest.raises(CannotRenderError):
            retouch.retouch(path, BOXES)
