"""Text burned into pictures is found whatever its tone, size and ground, and pictures without any have none."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dicomgallery.dicom import synthetic
from dicomgallery.imaging import detector, retouch, textboxes
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.writing import frames_to_search
from dicomgallery.sandbox.client import Sandbox
from tests.imaging.making import image, saved

ROWS, COLUMNS = 220, 400
WORDS = ("QUILLON, HENRIETTA", "MRN 5520183T", "DOB 09-11-1958", "12-JUN-2018 08:45", "Dr. Vandermeer", "ID: RK-220-45")
TONES = (("black", 255), ("black", 150), ("speckle", 255), ("noise", 250), ("noise", 12), ("white", 0), ("tissue", 255))
COLORS = (("black", (255, 255, 0)), ("speckle", (0, 255, 0)), ("tissue", (80, 200, 255)))
SIZES = (12, 15, 18, 22, 30)
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")

Made = tuple[NDArray[np.uint8], NDArray[np.bool_]]


def ground(kind: str, random: np.random.Generator) -> NDArray[np.uint8]:
    down, across = np.mgrid[:ROWS, :COLUMNS]
    made = {
        "black": lambda: np.full((ROWS, COLUMNS), 3.0),
        "white": lambda: random.normal(244, 2, (ROWS, COLUMNS)),
        "noise": lambda: random.normal(115, 16, (ROWS, COLUMNS)),
        "speckle": lambda: random.gamma(2.0, 27, (ROWS, COLUMNS)).clip(0, 200),
        "tissue": lambda: (
            np.where((across - 200) ** 2 / 3 + (down - 110) ** 2 < 9000, 118, 3) + random.normal(0, 5, (ROWS, COLUMNS))
        ),
    }[kind]()
    return made.clip(0, 255).astype(np.uint8)


def burned() -> Iterator[Made]:
    """48 pictures with a line of writing each, and the pixels of its ink."""
    kinds: list[tuple[str, Any]] = [*TONES, *COLORS]
    chosen = [*product(range(len(SIZES)), range(len(kinds)))][:48]
    for number, (size, kind) in enumerate(chosen):
        random = np.random.default_rng(900 + number)
        on, color = kinds[kind]
        scaled = ImageFont.load_default(size=SIZES[size])
        font = ImageFont.truetype(FONT, SIZES[size]) if number % 2 and FONT.exists() else scaled
        place = (int(random.integers(8, 60)), int(random.integers(8, ROWS - 50)))
        picture, ink = Image.fromarray(ground(on, random)), Image.new("L", (COLUMNS, ROWS))
        if isinstance(color, tuple):
            picture = picture.convert("RGB")
        ImageDraw.Draw(picture).text(place, WORDS[number % len(WORDS)], fill=color, font=font)
        ImageDraw.Draw(ink).text(place, WORDS[number % len(WORDS)], fill=255, font=font)
        yield np.asarray(picture), np.asarray(ink) > 100


def recall(*, with_detector: bool) -> tuple[int, int]:
    """How many lines are found whole, and in how many pictures something is found after they are black."""
    whole = again = 0
    for picture, ink in burned():
        covered = np.zeros(ink.shape, bool)
        for line in textboxes.lines_in(picture, with_detector=with_detector):
            covered[line.box.top : line.box.bottom, line.box.left : line.box.right] = True
        whole += bool((covered & ink).sum() >= 0.95 * ink.sum())
        blank = picture.copy()
        blank[covered] = 0
        again += bool(textboxes.lines_in(blank, with_detector=with_detector))
    return whole, again


def test_of_48_burned_in_lines_nearly_all_are_found_by_their_glyphs_alone_and_none_when_they_are_black() -> None:
    whole, again = recall(with_detector=False)
    print(f"{whole} of 48 found whole, {again} found again")
    assert whole >= 44
    assert again == 0


@pytest.mark.long
@pytest.mark.skipif(not detector.is_here(), reason="rapidocr is not installed: pip install -r requirements-ocr.txt")
def test_of_48_burned_in_lines_the_detector_finds_nearly_all_and_none_when_they_are_black() -> None:
    whole, again = recall(with_detector=True)
    print(f"{whole} of 48 found whole, {again} found again")
    assert whole >= 46
    assert again == 0


def test_pictures_without_writing_have_none(tmp_path: Path) -> None:
    plain = [
        synthetic.ct_slice(9, rows=256, columns=256), *synthetic.mr_series(3), synthetic.us_cine(frames=1),
        synthetic.dx_image(rows=700, columns=600), synthetic.secondary_capture(),
    ]  # fmt: skip
    for dataset in plain:
        path = tmp_path / "plain.dcm"
        path.write_bytes(synthetic.as_bytes(dataset))
        assert textboxes.find(path, with_detector=False) == []


@pytest.mark.parametrize("kind", ["black", "white", "noise", "speckle", "tissue"])
def test_a_ground_of_any_kind_is_no_writing(kind: str) -> None:
    assert textboxes.lines_in(ground(kind, np.random.default_rng(3)), with_detector=False) == []


def test_writing_in_an_object_is_found_in_the_sandbox_and_gone_after_retouching(
    shared_sandbox: Sandbox, tmp_path: Path
) -> None:
    picture, _ = next(burned())
    path = saved(
        tmp_path, image(np.stack([picture.astype(np.uint16) * 16] * 2), frames=True, BitsStored=12, HighBit=11)
    )
    lines = shared_sandbox.textboxes(path, 2)
    assert len(lines) >= 1
    assert lines[0].confidence > 0.5
    made = tmp_path / "made.dcm"
    with made.open("wb") as target:
        retouch.write(path, [line.box for line in lines], target)
    assert shared_sandbox.textboxes(made, 2) == []
    with pytest.raises(CannotRenderError):
        shared_sandbox.textboxes(path, 3)


def test_the_frames_to_search_are_few_and_hold_the_first_and_the_last() -> None:
    assert frames_to_search(1) == [1]
    assert frames_to_search(3) == [1, 2, 3]
    many = frames_to_search(100_000)
    assert (many[0], many[-1], len(many)) == (1, 100_000, 8)


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (24, 24)])
def test_odd_pictures_raise_nothing(shape: tuple[int, int]) -> None:
    assert textboxes.lines_in(np.zeros(shape, np.uint8), with_detector=False) == []
    checked = (np.indices(shape).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert isinstance(textboxes.lines_in(checked, with_detector=False), list)
