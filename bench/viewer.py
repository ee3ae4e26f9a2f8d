"""From the drop of a ZIP to what a person waits for in the viewer, in a real browser: needs requirements-dev.txt."""

import os
import re
import shutil
import statistics
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any, Final

from bench.server import Server, serving
from dicomgallery.dicom import synthetic

SLICES: Final = 200
TURNS: Final = 3
TARGETS_S: Final = {"first_picture_s": 2.0, "planes_s": 3.0, "interactive_planes_s": 10.0}
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE_MS: Final = 60_000


def run(slices: int = SLICES, turns: int = TURNS) -> dict[str, Any]:
    """Seconds from the drop to the first picture, to planes of the server, to planes by hand; and for a live stage."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only this needs it

    rounds: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_browser(), args=["--no-sandbox"])
        for turn in range(turns):
            archive = Path(folder) / f"{turn}.zip"
            with zipfile.ZipFile(archive, "w") as packed:
                for number, one in enumerate(synthetic.ct_series(slices, seed=turn + 1)):
                    packed.writestr(f"{number:04}.dcm", synthetic.as_bytes(one))
            with serving() as server:
                page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
                page.set_default_timeout(_PATIENCE_MS)
                rounds.append(_round(server, page, archive))
                page.context.close()
        browser.close()
    medians = {name: round(statistics.median(one[name] for one in rounds), 2) for name in rounds[0]}
    return {"slices": slices, "turns": turns, **medians}


def _round(server: Server, page: Any, archive: Path) -> dict[str, float]:
    home = f"http://127.0.0.1:{server.port}"
    page.goto(f"{home}/")
    page.wait_for_selector("html[data-ready]", state="attached")
    session = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(archive)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": dragged})
    began = time.monotonic()
    figures: dict[str, float] = {}

    def mark(name: str, since: float) -> float:
        figures[name] = time.monotonic() - since
        return time.monotonic()

    session.send("Input.dispatchDragEvent", {"type": "drop", "x": 300, "y": 300, "data": dragged})
    picture = page.wait_for_selector("[data-grid] [data-card] img")
    page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=picture)
    mark("first_picture_s", began)
    found = re.search(r"/series/\d+", page.locator("[data-grid] a[href^='/series/']").first.get_attribute("href"))
    if found is None:
        raise RuntimeError("the gallery shows no series")
    where = f"{home}{found[0]}/viewer"
    clicked = time.monotonic()
    page.goto(where, wait_until="commit")
    image = page.wait_for_selector("[data-stage-image]")
    page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=image)
    mark("viewer_picture_s", clicked)
    if page.locator("[data-cornerstone]").count():
        page.wait_for_selector("[data-stage][data-live]")
        mark("stage_live_s", clicked)
    clicked = time.monotonic()
    page.goto(f"{where}?tab=planes", wait_until="commit")
    plane = page.wait_for_selector("[data-plane] img")
    page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=plane)
    at_planes = mark("from_click_to_planes_s", clicked)
    page.wait_for_selector("[data-plane-tool]:not([disabled])")
    figures["planes_s"] = figures["first_picture_s"] + figures["from_click_to_planes_s"]
    figures["interactive_planes_s"] = figures["planes_s"] + time.monotonic() - at_planes
    return figures


def _browser() -> str:
    named = os.environ.get("DICOMGALLERY_CHROMIUM")
    found = named or next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("no Chromium here: install one, or name it in DICOMGALLERY_CHROMIUM")
    return found
