"""Bodies whose corners are known, imaged in every way a scanner can."""

import io
import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.facts import facts_of
from dicomgallery.dicom.grids import Grid, lay
from dicomgallery.dicom.health import Placed
from dicomgallery.imaging.volumes.building import build
from dicomgallery.imaging.volumes.plan import Piece, Plan
from dicomgallery.imaging.volumes.planes import draw
from dicomgallery.imaging.volumes.spec import PlaneSpec

SIZE_MM = (48.0, 64.0, 40.0)
"""Of the body, from right to left, front to back and feet to head."""
BODY, MARK, AIR = 100, 900, -1000
AXES = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
}
"""Where rows and columns run in an image of each plane, as scanners write them."""

Picture = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


def body(points: Points) -> npt.NDArray[np.float64]:
    """What is at these points of the patient: a body, its left, front, head corner marked (+x, -y, +z)."""
    half = np.asarray(SIZE_MM) / 2
    inside = np.all(np.abs(points) <= half, axis=-1)
    towards = points * np.asarray((1, -1, 1))
    marked = inside & np.all(towards >= half / 3, axis=-1)
    return np.where(marked, MARK, np.where(inside, BODY, AIR)).astype(np.float64)


def turned(vector: Sequence[float], degrees: float) -> tuple[float, float, float]:
    """A vector turned about the axis from right to left, as a head is that nods."""
    turn = math.radians(degrees)
    x, y, z = vector
    return x, y * math.cos(turn) - z * math.sin(turn), y * math.sin(turn) + z * math.cos(turn)


def scan(
    plane: str = "axial",
    *,
    step_mm: float = 2.0,
    pixel_mm: tuple[float, float] = (1.0, 1.0),
    feet_first: bool = False,
    downwards: bool = False,
    nod_degrees: float = 0.0,
    lean_mm: float = 0.0,
    seed: int = 0,
) -> list[Dataset]:
    """Images of the body, a CT; `feet_first` turns the rows and columns of an axial image about, as such scans come.

    `downwards` numbers them against their normal; `lean_mm` shifts each along its columns against the one before.
    """
    across, down = (turned(axis, nod_degrees) for axis in AXES[plane])
    if feet_first:
        across, down = (tuple(-part for part in axis) for axis in (across, down))  # type: ignore[assignment]
    right, below = np.asarray(across, float), np.asarray(down, float)
    normal = np.cross(right, below)
    row_mm, column_mm = pixel_mm
    reach = 88.0
    rows, columns, levels = (round(reach / size) for size in (row_mm, column_mm, step_mm))
    datasets = []
    for number in range(levels):
        level = levels - 1 - number if downwards else number
        corner = (
            (level - (levels - 1) / 2) * step_mm * normal
            - (columns - 1) / 2 * column_mm * right
            + ((level - (levels - 1) / 2) * lean_mm - (rows - 1) / 2 * row_mm) * below
        )
        y, x = np.mgrid[0:rows, 0:columns]
        points = corner + x[..., None] * column_mm * right + y[..., None] * row_mm * below
        one = synthetic.ct_slice(number + 1, rows=8, columns=8, seed=seed)
        one.Rows, one.Columns = rows, columns
        one.PixelSpacing = [f"{size:g}" for size in pixel_mm]
        one.ImagePositionPatient = [f"{part:.6f}" for part in corner]
        one.ImageOrientationPatient = [f"{part:.8f}" for axis in (across, down) for part in axis]
        one.PixelData = (body(points) + 1024).astype("<i2").tobytes()
        datasets.append(one)
    return datasets


def placed(datasets: Sequence[Dataset]) -> list[Placed]:
    """The images as the catalog tells them."""
    return [facts_of(one, transfer_syntax=synthetic.EXPLICIT_LITTLE_ENDIAN).instance for one in datasets]


def built(datasets: Sequence[Dataset], folder: Path) -> Grid:
    """Build the volume of some images into a folder."""
    grid = lay(placed(datasets))
    assert isinstance(grid, Grid), grid
    files = []
    for number, one in enumerate(datasets):
        path = folder / f"{number}.dcm"
        path.write_bytes(synthetic.as_bytes(one))
        files.append(str(path))
    pieces = tuple(Piece(layer.index, 0, layer.level, layer.down, layer.across) for layer in grid.layers)
    for _ in build(Plan(tuple(files), pieces, grid.shape, grid.origin, grid.steps), folder):
        pass
    return grid


def picture(folder: Path, spec: PlaneSpec) -> Picture:
    """A plane as an array."""
    return np.asarray(Image.open(io.BytesIO(draw(folder, spec).data)))


def corner_of_mark(shown: Picture) -> tuple[str, str]:
    """In which corner of the body on a picture the mark is; the picture shows values from air to mark as 0 to 255."""
    bright = np.argwhere(shown > 200)
    seen = np.argwhere(shown > 60)
    assert len(bright), "the mark is not on the picture"
    (y, x), (top, left), (bottom, right) = bright.mean(axis=0), seen.min(axis=0), seen.max(axis=0)
    return ("top" if y < (top + bottom) / 2 else "bottom"), ("left" if x < (left + right) / 2 else "right")


def body_mm(shown: Picture, pixel_mm: float) -> tuple[float, float]:
    """Height and width of the body on a picture."""
    seen = np.argwhere(shown > 60)
    high, wide = (seen.max(axis=0) - seen.min(axis=0) + 1) * pixel_mm
    return float(high), float(wide)


WAYS = list(product(AXES, (False, True), (False, True)))
