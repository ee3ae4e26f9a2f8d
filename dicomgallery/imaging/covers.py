"""What lies over a frame: overlay planes drawn on it, and shutters that hide its border."""

from dataclasses import dataclass, replace
from typing import Self

from pydicom.dataset import Dataset

from dicomgallery.imaging.encode import Picture
from dicomgallery.imaging.native import Samples
from dicomgallery.imaging.overlays import Mask, draw, has_overlays, marks_of
from dicomgallery.imaging.shutters import has_shutter, hidden_by, shade_of, shut


def are_in(dataset: Dataset) -> bool:
    """Say whether the file describes any overlay or shutter."""
    return has_overlays(dataset) or has_shutter(dataset)


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What lies over a frame: overlay planes, and shutters that hide its border."""

    marks: Mask | None
    hidden: Mask | None
    shade: int
    planes: int
    notes: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, samples: Samples, index: int) -> Self:
        """What the file puts over a frame, whose samples have all their bits."""
        marks, planes = marks_of(dataset, samples, index)
        hidden = hidden_by(dataset, *samples.shape[:2])
        notes: tuple[str, ...] = ()
        if planes:
            notes += (f"{'An overlay plane is' if planes == 1 else f'{planes} overlay planes are'} drawn over it",)
        if hidden is not None:
            notes += ("A shutter of the file hides a part of it",)
        return cls(marks, hidden, shade_of(dataset), planes, notes)

    @property
    def is_seen(self) -> bool:
        """Say whether any pixel looks other for it."""
        return self.marks is not None or self.hidden is not None

    def cropped(self, square: tuple[slice, slice]) -> Self:
        """The same over a part of the frame."""
        marks, hidden = (None if mask is None else mask[square] for mask in (self.marks, self.hidden))
        return replace(self, marks=marks, hidden=hidden)

    def over(self, picture: Picture) -> Picture:
        """The picture with all of it."""
        if self.hidden is not None:
            picture = shut(picture, self.hidden, self.shade)
        return picture if self.marks is None else draw(picture, self.marks)
