"""Gray pictures are those of dcmtk's `dcmj2pnm` at the same window, to within one gray level."""

import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dicomgallery.imaging.aspect import pixel_ratio
from dicomgallery.imaging.header import reals
from dicomgallery.imaging.layout import Layout, Numbers, layout_of
from dicomgallery.imaging.refusals import CannotRenderError
from dicomgallery.imaging.render import render
from dicomgallery.imaging.source import open_source
from dicomgallery.imaging.spec import Format, RenderSpec, Window
from tests.imaging.encodings import CORPUS, PACKAGED, files_of
from tests.imaging.making import pixels

ENOUGH, ENOUGH_WITHOUT_CORPUS = 30, 10
MOST = 120


def by_dcmtk(path: Path, frame: int, window: Window, into: Path) -> NDArray[Any] | None:
    """The picture of `dcmj2pnm`; None where it makes none."""
    command = ["dcmj2pnm", "-O", "+F", str(frame), "+Ww", str(window.center), str(window.width), "+op"]
    done = subprocess.run([*command, str(path), str(into)], capture_output=True, timeout=60, check=False)
    if done.returncode != 0 or not into.exists():
        return None
    with Image.open(BytesIO(into.read_bytes())) as picture:
        return np.asarray(picture)


def grays() -> Iterator[tuple[Path, Layout, Window]]:
    """Files with one sample a pixel, square pixels and a window, each with its first one."""
    seen: set[str] = set()
    for path in [*files_of(PACKAGED), *(files_of(CORPUS) if CORPUS.is_dir() else [])]:
        try:
            source = open_source(path)
            layout = layout_of(source.dataset, source.element.numbers, source.transfer_syntax)
        except CannotRenderError:
            continue
        is_gray = layout.photometric.startswith("MONOCHROME") and layout.numbers is Numbers.INTEGER
        if not is_gray or layout.bits_allocated not in (8, 16) or pixel_ratio(source.dataset) != 1:
            continue
        centers, widths = reals(source.dataset, "WindowCenter"), reals(source.dataset, "WindowWidth")
        is_usable = centers and widths and widths[0] >= 2
        if is_usable and path.name not in seen:
            seen.add(path.name)
            yield path, layout, Window(centers[0], widths[0])


def test_a_windowed_picture_is_that_of_dcmtk(tmp_path: Path) -> None:
    if not shutil.which("dcmj2pnm"):
        pytest.skip("dcmtk is not here to compare with")
    compared, apart = 0, {}
    for path, layout, window in grays():
        frame = layout.frames // 2 + 1
        theirs = by_dcmtk(path, frame, window, tmp_path / "their.pnm")
        if theirs is None:
            continue
        (tmp_path / "their.pnm").unlink()
        ours = pixels(render(path, RenderSpec(frame=frame, window=window, format=Format.PNG, plain=True)))
        compared += 1
        worst = int(np.abs(ours.astype(int) - theirs.astype(int)).max()) if ours.shape == theirs.shape else 999
        if worst > 1:
            apart[path.name] = worst
        if compared >= MOST:
            break

    assert apart == {}
    assert compared >= (ENOUGH if CORPUS.is_dir() else ENOUGH_WITHOUT_CORPUS)
