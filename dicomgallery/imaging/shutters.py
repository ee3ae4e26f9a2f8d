"""Display shutters: what the file asks to be hidden around what matters (PS3.3 C.7.6.11)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pydicom.dataset import Dataset

from dicomgallery.imaging import groups
from dicomgallery.imaging.header import reals, texts, whole
from dicomgallery.imaging.overlays import Mask, plane_of

_MOST_VERTICES: Final = 10_000


def has_shutter(dataset: Dataset) -> bool:
    """Say whether any shutter is described."""
    return bool(texts(_holder(dataset), "ShutterShape"))


def hidden_by(dataset: Dataset, rows: int, columns: int) -> Mask | None:
    """Where the shutters hide a frame; None when there is none that can be understood. Several hide together."""
    holder = _holder(dataset)
    hidden: Mask | None = None
    for shape in texts(holder, "ShutterShape"):
        mask = _hidden_by(shape.upper(), holder, rows, columns)
        if mask is not None:
            hidden = mask if hidden is None else hidden | mask
    # One that hides everything was not meant.
    return None if hidden is None or hidden.all() else hidden


def shade_of(dataset: Dataset) -> int:
    """The gray, 0 to 255, that stands in place of what is hidden; black unless the file says another."""
    value = reals(_holder(dataset), "ShutterPresentationValue")
    return int(min(max(value[0], 0), 0xFFFF)) >> 8 if value else 0


def shut(picture: NDArray[np.uint8], hidden: Mask, shade: int) -> NDArray[np.uint8]:
    """The picture with what is hidden in one shade."""
    drawn = picture.copy()
    drawn[hidden] = shade
    return drawn


def _holder(dataset: Dataset) -> Dataset:
    """The functional group of the frame or of all frames (PS3.3 C.7.6.16.2.16), or the dataset itself."""
    return next(iter(groups.of_frame(dataset, "FrameDisplayShutterSequence")), dataset)


def _hidden_by(shape: str, holder: Dataset, rows: int, columns: int) -> Mask | None:
    match shape:
        case "RECTANGULAR":
            return _outside_rectangle(holder, rows, columns)
        case "CIRCULAR":
            return _outside_circle(holder, rows, columns)
        case "POLYGONAL":
            return _outside_polygon(holder, rows, columns)
        case "BITMAP":
            # Only presentation states have it (PS3.3 C.7.6.15).
            return plane_of(holder, whole(holder, "ShutterOverlayGroup", 0), rows, columns)
    return None


def _outside_rectangle(holder: Dataset, rows: int, columns: int) -> Mask | None:
    # The edges are rows and columns counted from 1; those on an edge are still seen.
    edges = [
        reals(holder, f"Shutter{name}Edge")
        for name in ("UpperHorizontal", "LowerHorizontal", "LeftVertical", "RightVertical")
    ]
    if not all(edges):
        return None
    upper, lower, left, right = (round(edge[0]) for edge in edges)
    hidden = np.ones((rows, columns), bool)
    hidden[max(upper - 1, 0) : max(lower, 0), max(left - 1, 0) : max(right, 0)] = False
    return hidden


def _outside_circle(holder: Dataset, rows: int, columns: int) -> Mask | None:
    center, radius = reals(holder, "CenterOfCircularShutter"), reals(holder, "RadiusOfCircularShutter")
    if len(center) < 2 or not radius or radius[0] <= 0:
        return None
    down = (np.arange(1, rows + 1) - center[0])[:, None]
    across = (np.arange(1, columns + 1) - center[1])[None, :]
    return np.asarray(down * down + across * across > radius[0] * radius[0])


def _outside_polygon(holder: Dataset, rows: int, columns: int) -> Mask | None:
    numbers = reals(holder, "VerticesOfThePolygonalShutter")[: 2 * _MOST_VERTICES]
    if len(numbers) < 6:
        return None
    points = [(column - 1, row - 1) for row, column in zip(numbers[0::2], numbers[1::2], strict=False)]
    canvas = Image.new("1", (columns, rows), 1)
    ImageDraw.Draw(canvas).polygon(points, fill=0, outline=0)
    return np.asarray(canvas, bool)
