"""Images rendered as presentation states ask, and beside dcmtk's own rendering of the same pair."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.render import render
from dicomgallery.imaging.rendered import Rendered
from dicomgallery.imaging.spec import Fit, Format, RenderSpec, Window
from tests.imaging.making import image, pixels, saved
from tests.presentation import about, annotation, area, graphic, item, layer, sequence, state, text, window

STATED = RenderSpec(format=Format.PNG, state=1)
SMALL = RenderSpec(width=512, format=Format.PNG, state=1)
"""In its own size, though something is written on it."""
RAMP = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
IDENTITY = {"RescaleSlope": "1", "RescaleIntercept": "-1024", "RescaleType": "HU"}


def made(folder: Path, shown: Dataset, asked: Dataset, spec: RenderSpec = STATED) -> Rendered:
    """The picture of an image with a state."""
    path = saved(folder, shown)
    other = folder / "state.dcm"
    other.write_bytes(synthetic.as_bytes(asked))
    return render(path, spec, other)


def seen(folder: Path, shown: Dataset, asked: Dataset, spec: RenderSpec = STATED) -> NDArray[Any]:
    """The same as numbers."""
    return pixels(made(folder, shown, asked, spec)).astype(int)


def test_what_the_state_does_not_say_is_not_taken_from_the_image(tmp_path: Path) -> None:
    shown = image(
        RAMP,
        PhotometricInterpretation="MONOCHROME1",
        WindowCenter="20",
        WindowWidth="10",
        RescaleSlope="3",
        RescaleIntercept="7",
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=3,
        ShutterRightVerticalEdge=5,
        ShutterUpperHorizontalEdge=3,
        ShutterLowerHorizontalEdge=5,
    )

    assert (seen(tmp_path, shown, state(shown)) == RAMP).all()


def test_the_window_and_the_shutter_of_the_frame_give_way_to_the_state(tmp_path: Path) -> None:
    shutter = item(ShutterShape="CIRCULAR", CenterOfCircularShutter=[4, 4], RadiusOfCircularShutter=1)
    groups = item(
        FrameVOILUTSequence=sequence(item(WindowCenter="20", WindowWidth="10")),
        FrameDisplayShutterSequence=sequence(shutter),
    )
    shown = image(np.stack([RAMP, RAMP]), frames=True, PerFrameFunctionalGroupsSequence=sequence(item(), groups))
    second = replace(STATED, frame=2)

    alone = pixels(render(saved(tmp_path, shown), replace(second, state=None)))

    assert np.count_nonzero(alone) <= 5
    assert (seen(tmp_path, shown, state(shown, frames=(2,)), second) == RAMP).all()


def test_the_functional_groups_of_the_image_count_as_its_own(tmp_path: Path) -> None:
    groups = item(
        FrameVOILUTSequence=sequence(item(WindowCenter="20", WindowWidth="10")),
        PixelValueTransformationSequence=sequence(item(RescaleSlope="3", RescaleIntercept="7", RescaleType="US")),
    )
    shown = image(RAMP, SharedFunctionalGroupsSequence=sequence(groups))

    assert (seen(tmp_path, shown, state(shown)) == RAMP).all()


def test_a_state_inverts_once(tmp_path: Path) -> None:
    shown = image(RAMP, PhotometricInterpretation="MONOCHROME1")

    assert (seen(tmp_path, shown, state(shown, PresentationLUTShape="INVERSE")) == 255 - RAMP).all()


def test_a_presentation_lut_has_the_last_word_on_grays(tmp_path: Path) -> None:
    steps = item(LUTDescriptor=[4, 0, 8], LUTData=np.array([0, 10, 200, 255], "<u2").tobytes())
    shown = image(np.array([[0, 85, 170, 255]], np.uint8))
    asked = state(shown, PresentationLUTShape=None, PresentationLUTSequence=sequence(steps))

    assert seen(tmp_path, shown, asked).tolist() == [[0, 10, 200, 255]]
    automatic = seen(tmp_path, shown, asked, RenderSpec(format=Format.PNG, state=1, auto=True))
    assert set(automatic.ravel().tolist()) <= {0, 10, 200, 255}


def test_each_image_has_the_window_that_names_it_and_an_asked_one_goes_before(tmp_path: Path) -> None:
    shown, other = image(RAMP), image(RAMP)
    windows = sequence(
        *window(10, 4, ReferencedImageSequence=about(other)), *window(128, 2, ReferencedImageSequence=about(shown))
    )
    asked = state(shown, other, SoftcopyVOILUTSequence=windows)

    assert (seen(tmp_path, shown, asked) == np.where(RAMP >= 128, 255, 0)).mean() > 0.98
    mine = RenderSpec(format=Format.PNG, state=1, window=Window(40, 1))
    assert (seen(tmp_path, shown, asked, mine) == np.where(RAMP >= 40, 255, 0)).all()
    assert "as asked for" in made(tmp_path, shown, asked, mine).notes[0]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["Y", "N"])
def test_an_image_is_turned_clockwise_and_then_flipped(tmp_path: Path, rotation: int, flip: str) -> None:
    shown = image(RAMP)
    turned = np.asarray(Image.fromarray(RAMP).rotate(-rotation))
    expected = turned[:, ::-1] if flip == "Y" else turned

    assert (seen(tmp_path, shown, state(shown, ImageRotation=rotation, ImageHorizontalFlip=flip)) == expected).all()


def test_only_the_displayed_area_is_shown_and_one_beside_the_image_is_not_meant(tmp_path: Path) -> None:
    shown = image(RAMP)

    part = state(shown, DisplayedAreaSelectionSequence=sequence(area(3, 2, 6, 20)))
    assert (seen(tmp_path, shown, part) == RAMP[1:, 2:6]).all()
    beside = state(shown, DisplayedAreaSelectionSequence=sequence(area(30, 20, 60, 20)))
    assert (seen(tmp_path, shown, beside) == RAMP).all()
    assert "only a part" in made(tmp_path, shown, part).notes[0]


def test_pixels_are_as_high_as_the_state_says(tmp_path: Path) -> None:
    tall = area(1, 1, 8, 8)
    tall.PresentationPixelAspectRatio = [2, 1]
    shown = image(RAMP)

    assert made(tmp_path, shown, state(shown, DisplayedAreaSelectionSequence=sequence(tall))).height == 16
    turned = state(shown, DisplayedAreaSelectionSequence=sequence(tall), ImageRotation=90)
    assert made(tmp_path, shown, turned).width == 16


def test_a_shutter_of_the_state_hides_and_plain_leaves_it_away(tmp_path: Path) -> None:
    shown = image(np.full((8, 8), 255, np.uint8))
    asked = state(
        shown,
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=3,
        ShutterRightVerticalEdge=5,
        ShutterUpperHorizontalEdge=2,
        ShutterLowerHorizontalEdge=7,
        ShutterPresentationValue=0x8000,
    )

    found = seen(tmp_path, shown, asked)
    assert (found[1:7, 2:5] == 255).all()
    assert (found[:, 0] == 128).all()
    assert (seen(tmp_path, shown, asked, RenderSpec(format=Format.PNG, state=1, plain=True)) == 255).all()


def with_overlay(dataset: Dataset, group: int, column: int) -> Dataset:
    """A dataset with an overlay plane of 8 by 8 whose one column is drawn."""
    mask = np.zeros((8, 8), bool)
    mask[:, column] = True
    dataset.add_new(group << 16 | 0x0010, "US", 8)
    dataset.add_new(group << 16 | 0x0011, "US", 8)
    dataset.add_new(group << 16 | 0x0040, "CS", "G")
    dataset.add_new(group << 16 | 0x0050, "SS", [1, 1])
    dataset.add_new(group << 16 | 0x0100, "US", 1)
    dataset.add_new(group << 16 | 0x0102, "US", 0)
    dataset.add_new(group << 16 | 0x3000, "OB", np.packbits(mask.ravel(), bitorder="little").tobytes())
    return dataset


def test_overlays_are_drawn_when_the_state_activates_them(tmp_path: Path) -> None:
    shown = with_overlay(with_overlay(image(np.full((8, 8), 60, np.uint8)), 0x6000, 1), 0x6002, 4)
    asked = with_overlay(state(shown), 0x6004, 6)
    asked.add_new(0x60001001, "CS", "LAYER1")
    asked.add_new(0x60041001, "CS", "LAYER1")

    row = seen(tmp_path, shown, asked)[4]

    assert [place for place in range(8) if row[place] == 255] == [1, 6]
    assert "2 overlay planes" in made(tmp_path, shown, asked).notes[0]


def test_a_bitmap_shutter_hides_where_its_plane_is_set_and_is_not_drawn(tmp_path: Path) -> None:
    shown = image(np.full((8, 8), 200, np.uint8))
    asked = with_overlay(state(shown, ShutterShape="BITMAP", ShutterOverlayGroup=0x6000), 0x6000, 3)

    assert seen(tmp_path, shown, asked)[0].tolist() == [200, 200, 200, 0, 200, 200, 200, 200]


def test_lines_lie_where_they_belong_on_the_turned_picture(tmp_path: Path) -> None:
    shown = image(np.full((100, 100), 60, np.uint8))
    across = annotation(graphic("POLYLINE", [0, 20, 100, 20]))
    white = sequence(layer(GraphicLayerRecommendedDisplayGrayscaleValue=0xFFFF))
    asked = {"GraphicAnnotationSequence": sequence(across), "GraphicLayerSequence": white}

    straight = seen(tmp_path, shown, state(shown, **asked), SMALL)
    assert straight.ndim == 2
    assert abs(int(straight[:, 50].argmax()) - 20) <= 1
    turned = seen(tmp_path, shown, state(shown, ImageRotation=90, **asked), SMALL)
    assert abs(int(turned[50].argmax()) - 79) <= 1
    flipped = seen(tmp_path, shown, state(shown, ImageRotation=90, ImageHorizontalFlip="Y", **asked), SMALL)
    assert abs(int(flipped[50].argmax()) - 20) <= 1
    part = state(shown, DisplayedAreaSelectionSequence=sequence(area(1, 11, 100, 60)), **asked)
    assert abs(int(seen(tmp_path, shown, part, SMALL)[:, 50].argmax()) - 10) <= 1


def test_display_units_count_from_the_corner_of_the_screen_however_the_image_is_turned(tmp_path: Path) -> None:
    shown = image(np.full((100, 100), 60, np.uint8))
    point = annotation(graphic("POLYLINE", [0.1, 0.25, 0.9, 0.25], units="DISPLAY"))
    white = sequence(layer(GraphicLayerRecommendedDisplayGrayscaleValue=0xFFFF))

    for rotation in (0, 90, 270):
        asked = state(
            shown, GraphicAnnotationSequence=sequence(point), GraphicLayerSequence=white, ImageRotation=rotation
        )
        assert abs(int(seen(tmp_path, shown, asked, SMALL)[:, 50].argmax()) - 25) <= 1


@pytest.mark.parametrize(
    ("form", "points"),
    [
        ("POINT", [50, 50]),
        ("CIRCLE", [50, 50, 70, 50]),
        ("ELLIPSE", [20, 50, 80, 50, 50, 40, 50, 60]),
        ("INTERPOLATED", [10, 10, 50, 80, 90, 10]),
        ("POLYLINE", [-1e5, 50, 9e5, 50]),
    ],
)
def test_every_form_is_drawn_in_its_layer_s_color_with_a_dark_edge(
    tmp_path: Path, form: str, points: list[float]
) -> None:
    shown = image(np.full((100, 100), 255, np.uint8))
    red = sequence(layer(GraphicLayerRecommendedDisplayRGBValue=[0xFFFF, 0, 0]))
    asked = state(
        shown, GraphicAnnotationSequence=sequence(annotation(graphic(form, points))), GraphicLayerSequence=red
    )

    found = seen(tmp_path, shown, asked, SMALL)

    assert ((found[..., 0] > 180) & (found[..., 1] < 90)).any()
    assert (found.max(axis=2) < 160).any()


def test_a_filled_shape_lets_through_what_it_is_about(tmp_path: Path) -> None:
    shown = image(np.tile(np.array([0, 200], np.uint8), (64, 32)))
    circle = graphic("CIRCLE", [32, 32, 60, 32], filled="Y")
    found = seen(tmp_path, shown, state(shown, GraphicAnnotationSequence=sequence(annotation(circle))), SMALL)

    assert abs(found[32, 32].sum() - found[32, 33].sum()) > 150


def test_text_is_written_upright_in_its_box_and_stays_inside_the_picture(tmp_path: Path) -> None:
    shown = image(np.zeros((200, 200), np.uint8))
    words = annotation(text("Words", [150, 180, 260, 220]))
    found = seen(tmp_path, shown, state(shown, GraphicAnnotationSequence=sequence(words), ImageRotation=180), SMALL)

    rows, columns = np.nonzero(found.max(axis=2) > 120)
    assert columns.max() - columns.min() > rows.max() - rows.min()
    assert rows.max() < 60
    assert columns.max() < 120


def test_letters_that_cannot_be_drawn_are_told_by_number(tmp_path: Path) -> None:
    shown = image(np.zeros((100, 100), np.uint8))

    def written(words: str) -> NDArray[Any]:
        one = annotation(text(words, [10, 10, 90, 30]))
        return seen(tmp_path, shown, state(shown, GraphicAnnotationSequence=sequence(one)), SMALL)

    assert (written("肝臓") == written("[1]")).all()
    assert (written("Ödem") == written("Odem")).all()
    assert not (written("Odem") == written("[1]")).all()


def test_a_small_image_is_enlarged_for_what_is_written_on_it_to_be_read(tmp_path: Path) -> None:
    shown = image(np.full((100, 80), 60, np.uint8))
    asked = state(shown, GraphicAnnotationSequence=sequence(annotation(text("Words", [10, 10, 60, 20]))))

    found = made(tmp_path, shown, asked)

    assert (found.width, found.height) == (640, 800)
    assert "Enlarged 8 times" in found.notes[1]
    plain = made(tmp_path, shown, asked, RenderSpec(format=Format.PNG, state=1, plain=True))
    assert (plain.width, plain.height) == (80, 100)


def test_an_annotation_is_as_crisp_on_a_small_picture(tmp_path: Path) -> None:
    shown = image(np.full((2000, 2000), 60, np.uint8))
    asked = state(shown, GraphicAnnotationSequence=sequence(annotation(graphic("POLYLINE", [0, 1000, 2000, 1000]))))

    small = seen(tmp_path, shown, asked, RenderSpec(width=100, format=Format.PNG, state=1))
    assert small.shape[:2] == (100, 100)
    assert small[50, 50, 0] > 180
    cover = RenderSpec(width=64, fit=Fit.COVER, format=Format.PNG, state=1)
    assert seen(tmp_path, shown, asked, cover).shape[:2] == (64, 64)


def test_a_color_state_leaves_colors_alone_and_a_pseudo_color_state_gives_them(tmp_path: Path) -> None:
    colors = np.zeros((8, 8, 3), np.uint8)
    colors[..., 0] = 200
    shown = image(colors)
    asked = state(shown, SOPClassUID="1.2.840.10008.5.1.4.1.1.11.2", ImageRotation=90)
    assert (seen(tmp_path, shown, asked) == colors).all()

    gray = image(np.array([[0, 255]], np.uint8))
    palette = {
        f"{color}PaletteColorLookupTable{part}": value
        for color, ends in (("Red", [0, 255]), ("Green", [10, 20]), ("Blue", [255, 0]))
        for part, value in (("Descriptor", [2, 0, 8]), ("Data", bytes(ends)))
    }
    asked = state(gray, SOPClassUID="1.2.840.10008.5.1.4.1.1.11.3", PresentationLUTShape=None, **palette)
    assert seen(tmp_path, gray, asked).tolist() == [[[0, 10, 255], [255, 20, 0]]]


def test_a_state_of_another_image_or_frame_or_kind_is_refused_in_words(tmp_path: Path) -> None:
    shown, other = image(np.stack([RAMP] * 5), frames=True), image(RAMP)
    refusals = {}
    for name, asked, spec in (
        ("image", state(other), STATED),
        ("frame", state(shown, frames=[2, 3]), RenderSpec(frame=5, format=Format.PNG, state=1)),
        ("kind", state(shown, SOPClassUID="1.2.840.10008.5.1.4.1.1.11.4"), STATED),
        ("no state", shown, STATED),
    ):
        with pytest.raises(CannotRenderError) as refused:
            made(tmp_path, shown, asked, spec)
        refusals[name] = (refused.value.reason, refused.value.detail)

    assert refusals == {
        "image": (RenderReason.NO_SUCH_STATE, "This presentation state does not refer to this image."),
        "frame": (RenderReason.NO_SUCH_STATE, "This presentation state does not refer to frame 5 of this image."),
        "kind": (
            RenderReason.UNSUPPORTED,
            "This kind of presentation state is not applied yet: Blending Softcopy Presentation State.",
        ),
        "no state": (RenderReason.NO_SUCH_STATE, "That object is an image, and no presentation state."),
    }


def test_a_frame_the_state_refers_to_is_shown_when_none_is_asked_for(tmp_path: Path) -> None:
    frames = np.stack([np.full((8, 8), value, np.uint8) for value in (10, 20, 30, 40, 50)])
    shown = image(frames, frames=True)

    assert (seen(tmp_path, shown, state(shown, frames=[2])) == 20).all()


SHOWN_BY_BOTH: dict[str, dict[str, Any]] = {
    "a window": {"SoftcopyVOILUTSequence": window(40, 400)},
    "no window": {},
    "no rescale": {"RescaleSlope": None, "RescaleIntercept": None, "RescaleType": None},
    "inverse": {"SoftcopyVOILUTSequence": window(40, 400), "PresentationLUTShape": "INVERSE"},
    "turned by 90": {"SoftcopyVOILUTSequence": window(40, 400), "ImageRotation": 90, "ImageHorizontalFlip": "N"},
    "turned by 270": {"SoftcopyVOILUTSequence": window(40, 400), "ImageRotation": 270, "ImageHorizontalFlip": "N"},
    "turned and flipped": {
        "SoftcopyVOILUTSequence": window(-600, 1500),
        "ImageRotation": 90,
        "ImageHorizontalFlip": "Y",
    },
    "upside down and flipped": {"ImageRotation": 180, "ImageHorizontalFlip": "Y"},
}


@pytest.mark.parametrize("name", SHOWN_BY_BOTH)
@pytest.mark.parametrize("kind", ["ct", "mr", "dx"])
def test_the_picture_is_that_of_dcmtk(tmp_path: Path, name: str, kind: str) -> None:
    if not shutil.which("dcmp2pgm"):
        pytest.skip("dcmtk is not here to compare with")
    shown = {
        "ct": lambda: synthetic.ct_slice(20, rows=96, columns=128),
        "mr": lambda: synthetic.mr_series(1, rows=96, columns=96)[0],
        "dx": lambda: synthetic.dx_image(rows=128, columns=112),
    }[kind]()
    values = (IDENTITY if kind == "ct" else {}) | SHOWN_BY_BOTH[name]
    asked = state(shown, **{keyword: value for keyword, value in values.items() if value is not None})
    source, other, theirs = (tmp_path / part for part in ("image.dcm", "state.dcm", "their.pgm"))
    source.write_bytes(synthetic.as_bytes(shown))
    other.write_bytes(synthetic.as_bytes(asked))

    done = subprocess.run(
        ["dcmp2pgm", "-p", str(other), str(source), str(theirs)], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0
    ours = pixels(render(source, STATED, other)).astype(int)
    with Image.open(theirs) as picture:
        assert np.abs(ours - np.asarray(picture).astype(int)).max() <= 1
