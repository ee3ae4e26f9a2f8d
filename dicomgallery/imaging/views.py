"""From the pixels of an image to those of a screen: the part that is shown, its size, its turning and its flip."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from dicomgallery.dicom.annotations import Point
from dicomgallery.dicom.presentation import DisplayedArea, Presentation
from dicomgallery.imaging.encode import Picture, resized, target_size
from dicomgallery.imaging.layout import check_size
from dicomgallery.imaging.spec import Fit

LEAST_SIDE: Final = 768


@dataclass(frozen=True, slots=True)
class View:
    """How a frame comes onto the screen (PS3.3 C.10.4, C.10.6)."""

    frame: tuple[int, int]
    """Its rows and columns."""
    rows: slice
    """Those that are shown."""
    columns: slice
    width: int
    """Of the picture before it is turned."""
    height: int
    turns: int
    """Quarters of a circle, clockwise."""
    is_flipped: bool
    """After turning, left becomes right."""
    area: DisplayedArea | None
    times: int
    """How many times the frame is enlarged, for what is written on it to be read; mostly 1."""

    @classmethod
    def of(
        cls,
        said: Presentation,
        area: DisplayedArea | None,
        size: tuple[int, int],
        ratio: float,
        asked: tuple[int | None, Fit],
        *,
        is_annotated: bool = False,
    ) -> Self:
        """The view that a state wants of a frame of (rows, columns); `asked` is the width and fit of the spec.

        In its own size a small frame is enlarged when there is something to read on it.
        """
        rows, columns = slice(0, size[0]), slice(0, size[1])
        if area is not None:
            down = slice(max(area.top - 1, 0), min(area.bottom, size[0]))
            across = slice(max(area.left - 1, 0), min(area.right, size[1]))
            # An area beside the image would show nothing of it, and was not meant.
            if down.start < down.stop and across.start < across.stop:
                rows, columns = down, across
        high, wide = rows.stop - rows.start, columns.stop - columns.start
        wanted, fit = asked
        width, height = target_size(wide, high, ratio, wanted, Fit.CONTAIN)
        if wanted is not None and fit is Fit.COVER:
            whole = target_size(wide, high, ratio, None, fit)
            scale = wanted / min(whole)
            width, height = max(wanted, round(whole[0] * scale)), max(wanted, round(whole[1] * scale))
        times = -(-LEAST_SIDE // max(width, height)) if is_annotated and wanted is None else 1
        width, height = width * times, height * times
        check_size(width, height)
        return cls(size, rows, columns, width, height, said.rotation // 90, said.is_flipped, area, times)

    @property
    def is_part(self) -> bool:
        """Say whether something of the frame is not shown."""
        return self.frame != (self.rows.stop - self.rows.start, self.columns.stop - self.columns.start)

    def shown(self, picture: Picture) -> Picture:
        """The picture of a frame as it comes onto the screen."""
        made = resized(picture[self.rows, self.columns], self.width, self.height)
        made = np.rot90(made, -self.turns)
        return np.ascontiguousarray(made[:, ::-1] if self.is_flipped else made)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height on the screen."""
        return (self.height, self.width) if self.turns % 2 else (self.width, self.height)

    def place(self, point: Point, units: str) -> Point:
        """Where a point of an annotation comes to lie (PS3.3 C.10.5.1.2): PIXEL counts from a corner of the image."""
        if units == "DISPLAY":
            return self._of_area(point)
        across = (point[0] - self.columns.start) / (self.columns.stop - self.columns.start)
        down = (point[1] - self.rows.start) / (self.rows.stop - self.rows.start)
        for _ in range(self.turns):
            across, down = 1 - down, across
        if self.is_flipped:
            across = 1 - across
        width, height = self.size
        return across * width, down * height

    def _of_area(self, fraction: Point) -> Point:
        """A place in the displayed area as it stands on the screen, the parts of it beside the image included."""
        if self.area is None:
            (left, right), (top, bottom) = (0.0, float(self.size[0])), (0.0, float(self.size[1]))
        else:
            corners = ((self.area.left - 1, self.area.top - 1), (self.area.right, self.area.bottom))
            places = [self.place(corner, "PIXEL") for corner in corners]
            left, right = sorted(x for x, _ in places)
            top, bottom = sorted(y for _, y in places)
        return left + fraction[0] * (right - left), top + fraction[1] * (bottom - top)
