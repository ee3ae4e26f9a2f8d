"""Contours of one plane as SVG draws them, in millimeters of the picture under them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from dicomgallery.dicom.contours import Contour
from dicomgallery.dicom.cuts import main_normal
from dicomgallery.dicom.display_colors import as_hex, on_dark
from dicomgallery.dicom.planes import Plane, facing
from dicomgallery.dicom.structures import Roi, StructureSet

Drawn = Sequence[tuple[Roi, Contour]]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """One contour as it is drawn."""

    form: str
    """polygon, polyline or point."""
    points: str
    """As SVG writes them: "1.50,2.25 3.00,2.25"."""
    x: float
    y: float
    """Of its first point."""
    color: str
    name: str
    area_mm2: float


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn, and the box it is drawn in."""

    left: float
    top: float
    width: float
    height: float
    outlines: list[Outline]
    off_plane_mm: float
    """How far from the plane of the image any of it lies."""

    @property
    def box(self) -> str:
        """As the viewBox of an SVG."""
        return f"{self.left:.3f} {self.top:.3f} {self.width:.3f} {self.height:.3f}"

    @property
    def mark(self) -> str:
        """The radius of a point, so that it is seen at any scale."""
        return f"{max(self.width, self.height) / 90:.3f}"


def view_of(drawn: Drawn, plane: Plane | None, structures: StructureSet) -> View:
    """Lay contours over the image of a plane; without one, on a ground that holds all of the structure set."""
    if plane is None:
        return _alone(drawn, structures)
    outlines = [_outline(roi, one, _over(plane, one)) for roi, one in drawn]
    off = max((plane.distance_mm(point) for _, one in drawn for point in one.points), default=0.0)
    return View(0, 0, plane.columns * plane.column_mm, plane.rows * plane.row_mm, outlines, off)


def _over(plane: Plane, contour: Contour) -> list[Point]:
    """Each point in mm from the picture's left and upper edge, which lie half a pixel before the first center."""
    places = (plane.place(point) for point in contour.points)
    return [((column + 0.5) * plane.column_mm, (row + 0.5) * plane.row_mm) for column, row in places]


def _alone(drawn: Drawn, structures: StructureSet) -> View:
    ground = facing(main_normal(structures))
    # All of the structure set, so that the scale stays the same from plane to plane.
    corners = product(*zip(*structures.box, strict=True)) if structures.box else ()
    everything = [ground.place((x, y, z)) for x, y, z in corners]
    xs, ys = [x for x, _ in everything] or [0.0], [y for _, y in everything] or [0.0]
    margin = max(max(xs) - min(xs), max(ys) - min(ys), 10.0) * 0.06
    outlines = [_outline(roi, one, [ground.place(point) for point in one.points]) for roi, one in drawn]
    width, height = max(xs) - min(xs) + 2 * margin, max(ys) - min(ys) + 2 * margin
    return View(min(xs) - margin, min(ys) - margin, width, height, outlines, 0.0)


def _outline(roi: Roi, contour: Contour, points: Sequence[Point]) -> Outline:
    form = "point" if len(points) == 1 else "polygon" if contour.is_closed else "polyline"
    written = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    name = roi.name or f"Region {roi.number}"
    return Outline(form, written, *points[0], as_hex(on_dark(roi.color)), name, contour.area_mm2)
