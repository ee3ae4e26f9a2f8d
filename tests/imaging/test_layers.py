"""Segmentations in the colors of their segments: transparent layers, and pictures on black."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.segments import segments_of
from dicomgallery.imaging.encode import png
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import THUMBNAIL, Format, RenderSpec, Window
from tests.segmentations import GREEN, RED, block, code, frame, segment, segmentation

WHERE = (slice(2, 6), slice(3, 9))
MASK = block(12, 16, WHERE)
EMPTY = np.zeros((12, 16), np.uint8)
SEGMENTS = [
    segment(1, "a", RecommendedDisplayCIELabValue=list(RED)),
    segment(2, "b", RecommendedDisplayCIELabValue=list(GREEN)),
]
COLORS = [one.color for one in segments_of(segmentation(SEGMENTS, [frame(MASK)]))]


def _drawn(dataset: Dataset, folder: Path, **spec: object) -> NDArray[np.uint8]:
    path = folder / "one.dcm"
    path.write_bytes(synthetic.as_bytes(dataset))
    made = render(path, RenderSpec(**{"format": Format.PNG} | spec))  # type: ignore[arg-type] # of a spec
    with Image.open(BytesIO(made.data)) as picture:
        return np.asarray(picture)


def _only(where: tuple[slice, slice], color: tuple[int, ...]) -> NDArray[np.uint8]:
    layer = np.zeros((12, 16, 4), np.uint8)
    layer[where] = color
    return layer


def test_a_binary_frame_is_opaque_where_its_segment_is_and_nowhere_else(tmp_path: Path) -> None:
    made = segmentation(SEGMENTS, [frame(EMPTY, 1), frame(MASK, 2)])

    assert (_drawn(made, tmp_path, frame=2, layer=0) == _only(WHERE, (*COLORS[1], 255))).all()
    assert (_drawn(made, tmp_path, frame=2, layer=2) == _only(WHERE, (*COLORS[1], 255))).all()
    assert not _drawn(made, tmp_path, frame=2, layer=1).any()
    assert not _drawn(made, tmp_path, frame=1, layer=0).any()


def test_in_a_deflated_file_each_frame_has_its_own_segment_too(tmp_path: Path) -> None:
    made = segmentation(SEGMENTS, [frame(EMPTY, 1), frame(MASK, 2)])
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian

    assert (_drawn(made, tmp_path, frame=2, layer=0) == _only(WHERE, (*COLORS[1], 255))).all()


def test_a_fraction_is_as_opaque_as_it_is_large(tmp_path: Path) -> None:
    values = np.zeros((12, 16), np.uint8)
    values[0, :4] = 50, 100, 200, 255

    layer = _drawn(segmentation(SEGMENTS, [frame(values, 1)], kind="FRACTIONAL"), tmp_path, layer=0)

    # Of a Maximum Fractional Value of 200; what exceeds it is all of the pixel.
    assert layer[0, :5, 3].tolist() == [64, 128, 255, 255, 0]
    assert layer[0, 0, :3].tolist() == list(COLORS[0])


@pytest.mark.parametrize("bits", [np.uint8, np.uint16])
def test_each_label_has_its_color_and_can_be_shown_alone(tmp_path: Path, bits: type) -> None:
    labels = MASK.astype(bits)
    labels[8:10, 10:12] = 2
    made = segmentation(SEGMENTS, [frame(labels, None)], kind="LABELMAP")

    every = _only(WHERE, (*COLORS[0], 255))
    every[8:10, 10:12] = (*COLORS[1], 255)
    assert (_drawn(made, tmp_path, layer=0) == every).all()
    assert (_drawn(made, tmp_path, layer=2) == _only((slice(8, 10), slice(10, 12)), (*COLORS[1], 255))).all()


def test_the_background_of_a_label_map_is_clear_and_what_nothing_describes_is_not(tmp_path: Path) -> None:
    background = segment(0, "Background", SegmentedPropertyTypeCodeSequence=[code("Background", "125040", "DCM")])
    labels = np.where(MASK == 1, 9, 0).astype(np.uint8)
    labels[0, 0] = 200
    described = segmentation(
        [background, segment(1, "a")], [frame(labels, None)], kind="LABELMAP", PixelPaddingValue=200
    )

    shares = _drawn(described, tmp_path, layer=0)[..., 3]

    assert (shares == np.where(MASK == 1, 255, 0)).all()


def test_without_a_layer_it_is_drawn_on_black_and_plain_in_gray(tmp_path: Path) -> None:
    made = segmentation(SEGMENTS, [frame(MASK, 2)])

    colored = _drawn(made, tmp_path)

    assert (colored == _only(WHERE, COLORS[1] + (0,))[..., :3]).all()
    assert _drawn(made, tmp_path, plain=True).ndim == 2
    assert _drawn(made, tmp_path, window=Window(0.5, 1)).ndim == 2


def test_of_frames_one_that_is_not_empty_stands_for_all(tmp_path: Path) -> None:
    frames = [frame(EMPTY, 1) for _ in range(20)]
    frames[7] = frames[6] = frame(MASK, 1)

    assert _drawn(segmentation(SEGMENTS, frames), tmp_path).any()


def test_its_thumbnail_is_in_color(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    path.write_bytes(synthetic.as_bytes(segmentation(SEGMENTS, [frame(MASK, 1)])))

    with Image.open(BytesIO(render(path, THUMBNAIL).data)) as picture:
        assert picture.size == (256, 256)
        red, green, _ = (np.asarray(part, int) for part in picture.convert("RGB").split())
    assert (red - green > 120).any()


@pytest.mark.parametrize(
    ("made", "layer", "words"),
    [
        (synthetic.ct_slice(1, rows=16, columns=16), 0, "Only a segmentation"),
        (segmentation([], [frame(MASK, 1)]), 0, "Only a segmentation"),
        (segmentation(SEGMENTS, [frame(MASK, 1)]), 3, "no segment of this number"),
    ],
)
def test_what_has_no_such_layer_says_so(tmp_path: Path, made: Dataset, layer: int, words: str) -> None:
    with pytest.raises(CannotRenderError, match=words):
        _drawn(made, tmp_path, layer=layer)


def test_a_transparent_png_holds_what_was_put_into_it() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (7, 5, 4)).astype(np.uint8)

    with Image.open(BytesIO(png(picture))) as read:
        assert read.mode == "RGBA"
        assert (np.asarray(read) == picture).all()


@pytest.mark.parametrize("layer", [0, 1, 65535])
def test_a_layer_is_named_by_its_segment(layer: int) -> None:
    spec = RenderSpec(frame=3, layer=layer, format=Format.PNG)

    assert spec.token() == f"f3-native-layer{layer}.png"
    assert RenderSpec.from_token(spec.token()) == spec


@pytest.mark.parametrize(
    "token",
    [
        "native-layer0-q85.jpg", "native-layer65536.png", "native-layer00.png", "w256-contain-layer1.png",
        "native-plain-layer1.png", "native-layer1-invert.png", "native-auto-layer1.png", "native-v2-layer1.png",
        "native-c1-w2-layer1.png",
    ],
)  # fmt: skip
def test_a_layer_goes_with_nothing_else(token: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        RenderSpec.from_token(token)
