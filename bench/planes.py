"""How long a volume takes to build, and a plane or a projection of it to draw, from numbers on the disk to PNG."""

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np

from bench.render import jpeg_ls
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.facts import facts_of
from dicomgallery.dicom.grids import Grid, View, lay
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.imaging.volumes import turned, volume
from dicomgallery.imaging.volumes.building import build
from dicomgallery.imaging.volumes.plan import Piece, Plan
from dicomgallery.imaging.volumes.planes import draw
from dicomgallery.imaging.volumes.small import small_of
from dicomgallery.imaging.volumes.spec import Mode, PlaneSpec, Slant
from dicomgallery.imaging.volumes.turn import Shows, Turn
from dicomgallery.imaging.volumes.volume import Volume

SLICES: Final = 300
REPEATS: Final = 40
BUILDS: Final = 3

# Seconds of processor that a volume of 300 CT may take, and milliseconds for a picture of it.
BUILD_TARGETS: Final = {"raw": 0.6, "jpeg_ls": 4.0}
PLANE_TARGETS_MS: Final = {"axial": 10.0, "coronal": 10.0, "sagittal": 10.0, "oblique": 25.0}
TURN_TARGETS_MS: Final = {"mip": 60.0, "mip_tilted": 60.0, "surface": 60.0}
SLAB_MM: Final = 10.0
NODDING: Final = Slant((0.0, 0.17, 0.98))
"""Ten degrees off axial."""
TURNS: Final = {
    "mip": Turn(30), "mip_tilted": Turn(30, 25), "surface": Turn(30, 25, Shows.SURFACE),
}  # fmt: skip


def run(slices: int = SLICES, repeats: int = REPEATS) -> dict[str, Any]:
    """The least processor time of building, the median one of each picture; everything lies in the page cache."""
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        figures: dict[str, Any] = {"slices": slices}
        grid = _written(folder, slices)
        for name in BUILD_TARGETS:
            plan = _plan(grid, [str(folder / f"{name}-{number}.dcm") for number in range(slices)])
            figures[f"build_{name}_s"] = round(min(_building_s(plan, folder) for _ in range(BUILDS)), 3)
        wanted = {"oblique": PlaneSpec(View.AXIAL, slant=NODDING)}
        for view in View:
            wanted[view.value] = PlaneSpec(view)
            wanted[f"{view}_slab"] = PlaneSpec(view, slab_mm=SLAB_MM, mode=Mode.MIP)
        for name, spec in wanted.items():
            figures[f"{name}_ms"] = _median_ms(partial(draw, folder, spec), repeats)
        figures["small_copy_s"] = round(_seconds(partial(small_of, folder, Volume.read(folder))), 3)
        for name, turn in TURNS.items():
            figures[f"{name}_ms"] = _median_ms(partial(turned.draw, folder, turn), repeats)
    return figures


def _written(folder: Path, slices: int) -> Grid:
    """The slices as they are and in JPEG-LS, and the grid they make."""
    placed = []
    for number, one in enumerate(synthetic.ct_series(slices)):
        placed.append(facts_of(one, transfer_syntax=EXPLICIT_LITTLE_ENDIAN).instance)
        samples = np.frombuffer(one.PixelData, "<u2").reshape(one.Rows, one.Columns)
        (folder / f"raw-{number}.dcm").write_bytes(synthetic.as_bytes(one))
        (folder / f"jpeg_ls-{number}.dcm").write_bytes(jpeg_ls(one, imagecodecs.jpegls_encode(samples)))
    grid = lay(placed)
    if not isinstance(grid, Grid):
        raise TypeError(grid.sentence)
    return grid


def _plan(grid: Grid, files: list[str]) -> Plan:
    pieces = tuple(Piece(layer.index, 0, layer.level, layer.down, layer.across) for layer in grid.layers)
    return Plan(tuple(files), pieces, grid.shape, grid.origin, grid.steps)


def _building_s(plan: Plan, folder: Path) -> float:
    """The processor time of building a volume where none is yet."""
    for name in (volume.SLICES, volume.COLUMNS):
        (folder / name).unlink(missing_ok=True)
    return _seconds(partial(_build, plan, folder))


def _build(plan: Plan, folder: Path) -> None:
    for _ in build(plan, folder):
        pass


def _seconds(deed: Callable[[], Any]) -> float:
    """The processor time that a deed takes."""
    began = time.process_time()
    deed()
    return time.process_time() - began


def _median_ms(deed: Callable[[], Any], repeats: int) -> float:
    deed()
    return round(statistics.median(_seconds(deed) for _ in range(repeats)) * 1000, 2)
