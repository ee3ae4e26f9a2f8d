"""The stage of the viewer: it shows what the server shows, measures right, and keeps every mark."""

import io
import json
import math
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect
from pydicom.uid import generate_uid

from bench.server import Server
from dicomgallery import bundle
from dicomgallery.supervisor import bundling
from tests import vectors
from tests.browser.conftest import answer
from tests.browser.visitor import Meet, Visitor
from tests.imaging.making import as_file, image

pytestmark = pytest.mark.browser

PRESENTATION = "document.querySelector('.stage-canvas').stage.pane.viewport.getViewPresentation()"
LEVELS = 2
"""Of 256, by which a pixel may change when the stage takes over."""

SPACINGS = {"square": [0.5, 0.5], "oblong": [0.5, 0.9], "none": None}
"""Between rows and between columns."""
SIDE = 128
MARK = "[data-marks] [data-mark]"
DISC = 100.0
"""In HU, of the disc in the middle of the phantom."""

GROUND = """
  const main = document.querySelector("script[src*='main.js']").src;
  const { toSpace } = await import(main.replace("main.js", "viewer/ground.js"));
  const { stage: { pane } } = document.querySelector(".stage-canvas");
  const place = (x, y) => pane.viewport.worldToCanvas(toSpace(pane.story.ground, [x, y]));
"""
# Where the middle of a pixel of the frame is drawn on the page.
POINT = f"""
async ([x, y]) => {{
  {GROUND}
  const [left, top] = place(x, y);
  const box = pane.element.getBoundingClientRect();
  return [left + box.left, top + box.top];
}}
"""
# By how much the stage and the server's picture differ, at most, in the middle of a pixel of the frame.
DIFFERENCE = f"""
async () => {{
  {GROUND}
  const {{ rows, columns, ratio }} = pane.story.about;
  const {{ frames }} = await (await fetch(document.querySelector("[data-list]").dataset.list)).json();
  const turn = () => new Promise(requestAnimationFrame);
  await new Promise((done) => {{
    pane.element.addEventListener("CORNERSTONE_IMAGE_RENDERED", done, {{ once: true }});
    pane.viewport.render();
  }});
  // It is told before the pixels stand there.
  await turn();
  await turn();
  const shown = pane.viewport.getCanvas();
  const ours = shown.getContext("2d").getImageData(0, 0, shown.width, shown.height).data;
  const bitmap = await createImageBitmap(await (await fetch(frames[pane.index].src)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const theirs = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  const scale = bitmap.height / (rows * ratio);
  let [most, inside] = [0, 0];
  for (let y = 1; y < rows - 1; y += 1) {{
    for (let x = 1; x < columns - 1; x += 1) {{
      const [left, top] = place(x, y);
      const here = (Math.floor(top) * shown.width + Math.floor(left)) * 4;
      // Where the server made its picture larger, the middle of a pixel may lie between four.
      const [across, down] = [(x + 0.5) * scale - 0.5, (y + 0.5) * scale * ratio - 0.5];
      const corners = [Math.floor, Math.ceil].flatMap((one) => [Math.floor, Math.ceil].map((other) =>
        (one(down) * bitmap.width + other(across)) * 4));
      for (const part of [0, 1, 2]) {{
        const four = corners.map((at) => theirs[at + part]);
        // There it may also be black or white in part, which none of the frame's pixels is.
        if (new Set(four).size > 1 && four.some((gray) => gray === 0 || gray === 255)) continue;
        const there = four.reduce((sum, gray) => sum + gray, 0) / 4;
        most = Math.max(most, Math.floor(Math.abs(ours[here + part] - there)));
      }}
      inside += 1;
    }}
  }}
  return [most, inside];
}}
"""


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    """Have the stage built, as the first start of the gallery does."""
    bundling.main()
    if not bundle.is_built():
        pytest.skip(f"there is no stage here: {bundle.why_not()}")


def opened(server: Server, meet: Meet, files: Sequence[bytes], series_uid: str) -> Visitor:
    """A visitor in the viewer of a new series of these files, at its first image, the stage being live."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, one in enumerate(files):
            archive.writestr(f"{number}.dcm", one)
    assert answer(server, "POST", "/api/v1/uploads", packed.getvalue())[0] == 201
    visitor = meet(server, width=1400, height=900)
    # Only these tests read pixels back.
    visitor.expected.append("willReadFrequently")
    visitor.go(f"/series/{series_uid}/viewer?image=1")
    shown(visitor, 1)
    return visitor


def shown(visitor: Visitor, number: int) -> None:
    """Wait until the stage shows this image."""
    expect(visitor.page.locator(f".stage-canvas[data-shown='{number}']")).to_be_visible()


def enlarge(visitor: Visitor, side: int) -> None:
    """Show the frame this large; by an odd number, so that the middle of a pixel is that of one of the screen."""
    visitor.page.evaluate(
        """(side) => {
          const holder = document.querySelector(".stage-canvas");
          Object.assign(holder.style, { inset: "auto", width: `${side}px`, height: `${side}px` });
          holder.stage.engine.resize(true, false);
        }""",
        side,
    )
    visitor.page.wait_for_function(
        "(side) => document.querySelector('.stage-canvas').stage.pane.viewport.getCanvas().width === side", arg=side
    )


def difference(visitor: Visitor) -> float:
    """By how much the stage differs from the server's picture, when it has come to rest."""
    most = 256.0
    for _ in range(50):
        most, inside = visitor.page.evaluate(DIFFERENCE)
        assert inside > 1000
        if most <= LEVELS:
            break
    return most


def marks_of(server: Server, series_uid: str) -> list[dict[str, Any]]:
    """What the server keeps."""
    kept: list[dict[str, Any]] = json.loads(answer(server, "GET", f"/api/v1/series/{series_uid}/marks")[1])["marks"]
    return kept


def phantom(spacing: list[float] | None) -> NDArray[np.int16]:
    """A disc of fat that is none, in air: 20 mm wide, or 40 pixels where nobody says how large a pixel is."""
    down, across = spacing or (0.5, 0.5)
    rows, columns = np.indices((SIDE, SIDE)) - SIDE / 2
    inside = np.hypot(rows * down, columns * across) <= 20
    return np.where(inside, DISC + 1024, 24).astype(np.int16)


def drag(visitor: Visitor, *points: tuple[float, float]) -> None:
    """Press at the first point of the frame, and move over the others to the last."""
    mouse = visitor.page.mouse
    for place, point in enumerate(points):
        x, y = visitor.page.evaluate(POINT, point)
        mouse.move(x, y, steps=4 if place else 1)
        if not place:
            mouse.down()
    mouse.up()


def test_taking_over_changes_no_pixel_of_any_kind_of_image(workshop: Server, meet: Meet) -> None:
    series = generate_uid()
    files, names = [], []
    for name in vectors.vectors():
        vector = vectors.vector(name)
        if vector.frames > 1:
            continue
        # Frames of one series, in this order.
        vector.dataset.SeriesInstanceUID, vector.dataset.InstanceNumber = series, len(files) + 1
        names.append(name)
        files.append(vector.file)
    visitor = opened(workshop, meet, files, series)
    enlarge(visitor, vectors.SIDE * 9)
    differing = {}
    for number, name in enumerate(names, 1):
        shown(visitor, number)
        if (most := difference(visitor)) > LEVELS:
            differing[name] = most
        visitor.page.keyboard.press("ArrowDown")

    assert differing == {}


def marked(workshop: Server, meet: Meet, spacing: list[float] | None) -> tuple[Visitor, str]:
    """Somebody who has drawn a mark of each kind on a phantom, and its series."""
    series = generate_uid()
    dataset = image(phantom(spacing), Modality="CT", RescaleIntercept=-1024, RescaleSlope=1, RescaleType="HU")
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID = series, generate_uid()
    dataset.WindowCenter, dataset.WindowWidth = 0, 400
    if spacing:
        dataset.PixelSpacing = spacing
    visitor = opened(workshop, meet, [as_file(dataset)], series)
    page = visitor.page

    page.keyboard.press("L")
    drag(visitor, (20, 30), (90, 30))
    page.keyboard.press("E")
    drag(visitor, (64, 64), (64 + 8, 64 + 12))
    page.keyboard.press("R")
    drag(visitor, (56, 54), (72, 74))
    page.keyboard.press("C")
    drag(visitor, (10, 100), (60, 100))
    drag(visitor, (10, 120), (60, 95))
    page.keyboard.press("P")
    drag(visitor, (5, 5))
    expect(page.locator(MARK)).to_have_count(5)
    return visitor, series


@pytest.mark.parametrize("name", SPACINGS)
def test_marks_measure_right(workshop: Server, meet: Meet, name: str) -> None:
    spacing = SPACINGS[name]
    down, across = spacing or (1.0, 1.0)

    _, series = marked(workshop, meet, spacing)

    kept = {mark["kind"]: mark for mark in marks_of(workshop, series)}
    unit = "mm" if spacing else "px"
    pixel = max(down, across)
    length = kept["length"]["figures"]["length"]
    assert (length["value"], length["unit"]) == (pytest.approx(70 * across, abs=pixel / 2), unit)
    ellipse = kept["ellipse"]["figures"]
    assert (ellipse["area"]["value"], ellipse["area"]["unit"]) == (
        pytest.approx(math.pi * half_axes(kept["ellipse"], across, down), rel=0.01), f"{unit}²",
    )  # fmt: skip
    assert (ellipse["mean"]["value"], ellipse["mean"]["unit"]) == (pytest.approx(DISC, abs=0.5), "HU")
    assert (ellipse["sd"]["value"], ellipse["min"]["value"], ellipse["max"]["value"]) == (0, DISC, DISC)
    assert kept["rectangle"]["figures"]["area"]["value"] == pytest.approx(16 * across * 20 * down, rel=0.01)
    cobb = math.degrees(math.atan2(25 * down, 50 * across))
    assert kept["cobb"]["figures"]["angle"]["value"] == pytest.approx(cobb, abs=0.5)
    assert kept["probe"]["figures"]["value"] == {"value": -1000, "unit": "HU"}
    stands_on = "Pixel Spacing (0028,0030)" if spacing else "pixels, not calibrated"
    assert {mark["calibration"] for mark in kept.values()} == {stands_on, ""}


def test_marks_are_undone_and_done_again_and_there_for_everybody(workshop: Server, meet: Meet) -> None:
    visitor, series = marked(workshop, meet, SPACINGS["oblong"])
    page, rows = visitor.page, visitor.page.locator(MARK)

    page.keyboard.press("Control+z")
    expect(rows).to_have_count(4)
    page.keyboard.press("Control+y")
    expect(rows).to_have_count(5)
    # After a reload, and in another browser.
    other = meet(workshop, width=1400, height=900)
    for one in (visitor, other):
        one.go(f"/series/{series}/viewer?image=1")
        shown(one, 1)
        drawn = one.page.locator(".stage-canvas .svg-layer g[data-annotation-uid]")
        expect(drawn).to_have_count(5)
        expect(drawn.filter(has_text="HU")).not_to_have_count(0)


def half_axes(ellipse: dict[str, Any], across: float, down: float) -> float:
    """The product of the half axes that were drawn; they are those of the drag, to half a pixel."""
    (_, bottom), (_, top), (left, _), (right, _) = ellipse["points"]
    wide, high = abs(right - left) / 2, abs(top - bottom) / 2
    assert sorted((wide, high)) == [pytest.approx(8, abs=0.5), pytest.approx(12, abs=0.5)]
    return wide * across * high * down


def lies(visitor: Visitor) -> tuple[float, bool, bool]:
    """How far the picture is turned, and whether it is flipped across and down."""
    found = visitor.page.evaluate(PRESENTATION)
    return found["rotation"], found["flipHorizontal"], found["flipVertical"]


def test_a_window_that_is_dragged_stands_in_the_address_and_is_the_servers_too(workshop: Server, meet: Meet) -> None:
    series = generate_uid()
    dataset = image(phantom([1.0, 1.0]), Modality="CT", RescaleIntercept=-1024, RescaleSlope=1)
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID = series, generate_uid()
    dataset.WindowCenter, dataset.WindowWidth = 100, 300
    visitor = opened(workshop, meet, [as_file(dataset)], series)
    enlarge(visitor, SIDE * 5)
    page = visitor.page

    drag(visitor, (40, 40), (60, 50))

    page.wait_for_url("**width=*")
    width = float(page.locator("input[name=width]").input_value())
    assert width > 350
    expect(page.locator("[data-live-line=window]")).to_contain_text(f"W {width:.0f}")
    assert difference(visitor) <= LEVELS
    for key, way in (("r", "rotation"), ("h", "flipHorizontal"), ("v", "flipVertical"), ("+", "zoom")):
        before = page.evaluate(PRESENTATION)
        page.keyboard.press(key)
        after = page.evaluate(PRESENTATION)
        assert after[way] != before[way], key
    # Each flip again takes it back; across the screen, which of a turned image is not across the image.
    assert lies(visitor) == (90, True, True)
    page.keyboard.press("h")
    assert lies(visitor) == (270, False, True)
    page.keyboard.press("v")
    assert lies(visitor) == (90, False, False)
    page.keyboard.press("=")
    assert difference(visitor) <= LEVELS
