"""Each frame is drawn by its own functional groups, before those that all share (PS3.3 C.7.6.16)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import Format, RenderSpec, Window
from tests import enhanced
from tests.enhanced import item, window
from tests.imaging.making import pixels, saved
from tests.radiotherapy import as_read

RAMP = np.linspace(0, 1000, 256).round().reshape(16, 16)


def frame(number: int, **changes: Any) -> RenderSpec:
    """One frame, as it is."""
    return RenderSpec(frame=number, format=Format.PNG, **changes)


def seen(path: Path, number: int, **changes: Any) -> Any:
    """The grays of a frame."""
    return pixels(render(path, frame(number, **changes))).astype(int)


def expected(center: float, width: float, values: Any = RAMP) -> Any:
    """PS3.3 C.11.2.1.2.1, written out."""
    return np.clip(((values - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)


def assert_seen_in(path: Path, number: int, center: float, width: float, values: Any = RAMP) -> None:
    """A frame has the grays of a window, to half a level."""
    assert np.abs(seen(path, number) - expected(center, width, values)).max() <= 0.51


def three(shared: enhanced.Groups | None = None) -> Dataset:
    """Frames with windows of their own."""
    return enhanced.enhanced([window(200, 300), window(500, 1000), window(800, 300)], shared)


def test_each_frame_has_its_own_window(tmp_path: Path) -> None:
    path = saved(tmp_path, three())

    for number, (center, width) in enumerate([(200, 300), (500, 1000), (800, 300)], start=1):
        assert_seen_in(path, number, center, width)
        assert render(path, frame(number)).notes[0] == f"Window {width} / {center} from the file, 1 of 1"


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian], ids=lambda uid: uid.name
)
def test_so_it_has_in_every_encoding(tmp_path: Path, syntax: str) -> None:
    dataset = enhanced.undefined_lengths(three())
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
        dataset["PixelData"].VR = "OW"
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = syntax
    path = tmp_path / "image.dcm"
    dcmwrite(path, dataset, enforce_file_format=True)

    assert_seen_in(path, 1, 200, 300)
    assert_seen_in(path, 3, 800, 300)


def test_its_own_window_comes_before_the_shared_and_that_before_nothing(tmp_path: Path) -> None:
    dataset = enhanced.enhanced([window(200, 300), {}], window(500, 1000))
    path = saved(tmp_path, dataset)

    assert_seen_in(path, 1, 200, 300)
    assert_seen_in(path, 2, 500, 1000)
    assert np.array_equal(seen(path, 1, voi=2), seen(path, 2))


def test_a_frame_without_an_item_is_seen_as_all_are(tmp_path: Path) -> None:
    dataset = three(window(400, 400))
    dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[:1]
    path = saved(tmp_path, dataset)

    assert_seen_in(path, 1, 200, 300)
    assert_seen_in(path, 3, 400, 400)


def test_a_broken_item_leaves_what_all_share(tmp_path: Path) -> None:
    dataset = three(window(400, 400))
    as_read(dataset.PerFrameFunctionalGroupsSequence[0], 0x00289132, "LO", b"no sequence at all")
    path = saved(tmp_path, dataset)

    assert_seen_in(path, 1, 400, 400)
    assert_seen_in(path, 2, 500, 1000)


def test_each_frame_has_its_own_rescale_and_real_values(tmp_path: Path) -> None:
    frames = [
        {"PixelValueTransformation": {"RescaleSlope": slope, "RescaleIntercept": shift, "RescaleType": "US"}}
        for slope, shift in ((1, 0), (2, -500))
    ]
    path = saved(tmp_path, enhanced.enhanced(frames, window(500, 1000)))

    assert_seen_in(path, 1, 500, 1000)
    assert_seen_in(path, 2, 500, 1000, RAMP * 2 - 500)
    assert any("2 \N{MINUS SIGN} 500" in note for note in render(path, frame(2)).notes)


def test_a_frame_may_have_a_table_of_its_own(tmp_path: Path) -> None:
    falling = np.linspace(255, 0, 1001).round().astype("<u2")
    table = item(LUTDescriptor=[1001, 0, 8], LUTExplanation="falling")
    table.add_new(0x00283006, "OW", falling.tobytes())
    path = saved(tmp_path, enhanced.enhanced([{"FrameVOILUT": {"VOILUTSequence": [table]}}, window(500, 1000)]))

    assert np.abs(seen(path, 1) - falling[RAMP.astype(int)]).max() <= 1
    assert_seen_in(path, 2, 500, 1000)


def test_a_frame_may_have_a_window_function_of_its_own(tmp_path: Path) -> None:
    exact = {"FrameVOILUT": {"WindowCenter": 500, "WindowWidth": 10, "VOILUTFunction": "LINEAR_EXACT"}}
    path = saved(tmp_path, enhanced.enhanced([exact, window(500, 10)]))

    asked = Window(500, 10)
    assert not np.array_equal(seen(path, 1, window=asked), seen(path, 2, window=asked))


def test_each_frame_has_its_own_shutter(tmp_path: Path) -> None:
    shutter = {
        "ShutterShape": "RECTANGULAR",
        "ShutterUpperHorizontalEdge": 5,
        "ShutterLowerHorizontalEdge": 12,
        "ShutterLeftVerticalEdge": 1,
        "ShutterRightVerticalEdge": 16,
    }
    path = saved(tmp_path, enhanced.enhanced([{"FrameDisplayShutter": shutter}, {}], window(-500, 10)))

    assert (seen(path, 1)[:4] == 0).all()
    assert (seen(path, 1)[4:12] == 255).all()
    assert (seen(path, 2) == 255).all()


def test_each_frame_has_its_own_spacing(tmp_path: Path) -> None:
    frames = [{"PixelMeasures": {"PixelSpacing": pair}} for pair in ([1, 1], [2, 1])]
    path = saved(tmp_path, enhanced.enhanced(frames, window(500, 1000)))

    assert [seen(path, number).shape for number in (1, 2)] == [(16, 16), (32, 16)]


def test_the_middle_frame_stands_for_all_with_its_own_window(tmp_path: Path) -> None:
    path = saved(tmp_path, three())

    assert np.array_equal(pixels(render(path, RenderSpec(format=Format.PNG))), seen(path, 2))
