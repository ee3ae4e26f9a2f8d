"""A structure set as its card shows it: the contours of its middle plane."""

from typing import Final

from pydicom.dataset import Dataset

from dicomgallery.dicom.contours import Contour
from dicomgallery.dicom.cuts import Cut, cuts_of, main_normal
from dicomgallery.dicom.display_colors import on_dark
from dicomgallery.dicom.planes import Plane, facing
from dicomgallery.dicom.structures import structure_set_of
from dicomgallery.imaging.sketches.pen import Pen, Point, shaded
from dicomgallery.imaging.sketches.sketch import SIDE, Sketch

_MARGIN: Final = 0.1


def structure_sketch(dataset: Dataset) -> Sketch | None:
    """Draw the contours of the middle plane in their colors; None when it has none."""
    structures = structure_set_of(dataset)
    if structures is None:
        return None
    normal = main_normal(structures)
    cut = cuts_of(structures, normal, {}).middle
    if cut is None:
        return None
    pen = Pen(SIDE)
    _draw(pen, cut, facing(normal))
    count = len(structures.rois)
    regions = "1 region" if count == 1 else f"{count} regions"
    return Sketch(pen.picture(), f"The contours at {cut.position_mm:.1f} mm of a structure set of {regions}")


def _draw(pen: Pen, cut: Cut, view: Plane) -> None:
    # The largest first, so that what lies inside is drawn over it.
    drawn = sorted(cut.drawn, key=lambda pair: -pair[1].area_mm2)
    shapes = [(roi, contour, [view.place(point) for point in contour.points]) for roi, contour in drawn]
    xs = [x for *_, shape in shapes for x, _ in shape]
    ys = [y for *_, shape in shapes for _, y in shape]
    extent = max(max(xs) - min(xs), max(ys) - min(ys), 1.0)
    scale = SIDE * (1 - 2 * _MARGIN) / extent
    middle = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    for roi, contour, shape in shapes:
        places = [((x - middle[0]) * scale + SIDE / 2, (y - middle[1]) * scale + SIDE / 2) for x, y in shape]
        _stroke(pen, contour, places, on_dark(roi.color))


def _stroke(pen: Pen, contour: Contour, places: list[Point], color: tuple[int, int, int]) -> None:
    if len(places) == 1:
        pen.dot(places[0], 6, color)
        return
    if contour.is_closed:
        pen.shape(places, shaded(color, 0.16))
    pen.line(places, color, 3.5, closed=contour.is_closed)
