"""Layers of one plane as SVG draws them over the picture of its image."""

from collections.abc import Sequence
from dataclasses import dataclass

from dicomgallery.dicom.geometry import Vector, dot
from dicomgallery.dicom.overlaying import are_parallel
from dicomgallery.dicom.planes import Plane
from dicomgallery.dicom.segments import SegmentFrame

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layer:
    """One frame of a segmentation, as it is drawn."""

    frame: SegmentFrame
    matrix: str
    """From its columns and rows to the box, as SVG writes it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The image under the layers."""

    plane: Plane | None
    size: Size
    """Columns and rows."""
    ratio: float
    """Height of a pixel over its width."""
    is_washed: bool
    """Drawn in colors that stand for values, with a bar beside it that says for which."""


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn, and the box it is drawn in."""

    width: float
    height: float
    layers: tuple[Layer, ...]
    refused: str = ""
    """Why the image does not lie under them; empty where it does, or is not here."""
    off_plane_mm: float = 0.0
    """How far from the plane of the image any of it lies."""

    @property
    def box(self) -> str:
        """As the viewBox of an SVG."""
        return f"0 0 {self.width:.4f} {self.height:.4f}"


def view_of(frames: Sequence[SegmentFrame], size: Size, picture: Picture | None) -> View:
    """Lay frames, all of one size, over a picture; without one, or where they cannot be laid, on the first of them."""
    if picture is None:
        return _alone(frames, size)
    planes = [frame.plane for frame in frames if frame.plane is not None]
    ground = picture.plane
    if ground is not None and len(planes) == len(frames):
        if not all(are_parallel(ground, plane) for plane in planes):
            return _alone(frames, size, "The segments run across the plane of the image and cannot be laid over it.")
        off = max((ground.distance_mm(plane.origin) for plane in planes), default=0.0)
        return View(*_extent(ground), tuple(_placed(frame, ground) for frame in frames), off_plane_mm=off)
    if picture.size != size:
        return _alone(frames, size, "Nothing says where on the image the segments lie, and the sizes differ.")
    columns, rows = size
    across, down = max(1 / picture.ratio, 1.0), max(picture.ratio, 1.0)
    matrix = _written(across, 0, 0, down, 0, 0)
    return View(columns * across, rows * down, tuple(Layer(frame, matrix) for frame in frames))


def _alone(frames: Sequence[SegmentFrame], size: Size, refused: str = "") -> View:
    first = frames[0].plane if frames else None
    if first is None:
        plain = _written(1, 0, 0, 1, 0, 0)
        return View(size[0], size[1], tuple(Layer(frame, plain) for frame in frames), refused)
    return View(*_extent(first), tuple(_placed(frame, first) for frame in frames), refused)


def _extent(plane: Plane) -> tuple[float, float]:
    return plane.columns * plane.column_mm, plane.rows * plane.row_mm


def _placed(frame: SegmentFrame, ground: Plane) -> Layer:
    """Lay a frame over a plane, in mm from its left and upper edge, which lie half a pixel before the first center."""
    own = frame.plane or ground
    right: Vector = (own.across[0] * own.column_mm, own.across[1] * own.column_mm, own.across[2] * own.column_mm)
    below: Vector = (own.down[0] * own.row_mm, own.down[1] * own.row_mm, own.down[2] * own.row_mm)
    corner = tuple(own.origin[axis] - right[axis] / 2 - below[axis] / 2 - ground.origin[axis] for axis in range(3))
    return Layer(
        frame,
        _written(
            dot(right, ground.across),
            dot(right, ground.down),
            dot(below, ground.across),
            dot(below, ground.down),
            dot(corner, ground.across) + ground.column_mm / 2,
            dot(corner, ground.down) + ground.row_mm / 2,
        ),
    )


def _written(*parts: float) -> str:
    # Rounded first: what is zero but for the arithmetic is written as zero.
    return f"matrix({' '.join(f'{round(part, 7):.8g}' for part in parts)})"
