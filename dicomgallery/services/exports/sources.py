"""Where the pictures of an export come from: the images of a series, or planes through its volume.

Another way to look at a series is another class with `count` and `draw`, and a line in `_OPENERS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from dicomgallery.access import SYSTEM
from dicomgallery.catalog import instances
from dicomgallery.dicom.grids import View
from dicomgallery.errors import RefusedError, UnavailableError
from dicomgallery.imaging.spec import MIN_WIDTH, Format, RenderSpec
from dicomgallery.imaging.volumes.spec import PlaneSpec
from dicomgallery.models import db
from dicomgallery.sandbox.duties import Urgency
from dicomgallery.services import pictures, volumes
from dicomgallery.services.exports.asked import Asked, Of
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.services.volumes import Ready, Refused

Tell = Callable[[int, int], None]

NOTHING_LEFT: Final = "There are no pictures in this series any more."


class Source(Protocol):
    """Pictures, counted from 1."""

    @property
    def count(self) -> int:
        """How many there are."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What there is to know of all of them, in sentences."""

    def draw(self, number: int, form: Format, longest_side: int | None) -> Picture | NoPicture:
        """One of them; where a longest side is given it may be smaller than that, or larger and to be made smaller."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The images of a series and their frames, in the order of the viewer."""

    images: list[tuple[pictures.Source, int | None]]
    asked: Asked
    remarks: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.images)

    def draw(self, number: int, form: Format, longest_side: int | None) -> Picture | NoPicture:
        """One of them, made in its size by the renderer."""
        source, frame = self.images[number - 1]
        asked = self.asked
        spec = RenderSpec(
            frame=frame,
            width=max(longest_side, MIN_WIDTH) if longest_side else None,
            window=asked.window,
            auto=asked.auto,
            voi=asked.voi,
            plain=asked.plain,
            invert=asked.invert,
            format=form,
        )
        return pictures.made(source, spec, urgency=Urgency.BACKGROUND)


@dataclass(frozen=True, slots=True)
class Planes:
    """The planes of a volume from one side."""

    ready: Ready
    view: View
    asked: Asked

    @property
    def count(self) -> int:
        """How many there are."""
        return self.ready.volume.sight(self.view).depth.count

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was done to make a volume of the series."""
        return self.ready.grid.notes

    def draw(self, number: int, form: Format, longest_side: int | None) -> Picture | NoPicture:
        """One of them as PNG, in square pixels of the volume's finest spacing."""
        asked = self.asked
        spec = PlaneSpec(
            self.view, number, window=asked.window, auto=asked.auto, voi=asked.voi or 1, invert=asked.invert
        )
        return volumes.plane(self.ready, spec)


def open_source(series_id: int, asked: Asked, tell: Tell) -> Source:
    """The pictures asked for; RefusedError in words when there are none. `tell` hears of a volume being built."""
    return _OPENERS[asked.of](series_id, asked, tell)


def count_now(series_id: int, asked: Asked) -> int | None:
    """How many pictures there are to take from; None when that is not known before they are made."""
    return _stack(series_id, asked, lambda _done, _total: None).count if asked.of is Of.STACK else None


def volume_of(series_id: int, wanted_set: int, tell: Tell) -> Ready:
    """The volume of a series, built if need be; RefusedError or UnavailableError in words."""
    ready = volumes.built(series_id, actor=SYSTEM, wanted_set=wanted_set, tell=tell)
    if isinstance(ready, Refused):
        raise UnavailableError(ready.sentence) if ready.is_passing else RefusedError(ready.sentence)
    return ready


def _stack(series_id: int, asked: Asked, _tell: Tell) -> Stack:
    images = instances.images_of(instances.in_order(SYSTEM.scope, series_id))
    if not images:
        raise RefusedError(NOTHING_LEFT)
    blobs = instances.blobs_of(SYSTEM.scope, {one.id for one, _ in images})
    # Nobody waits with the database for the pictures that are now to be made.
    db.session.rollback()
    return Stack([(pictures.Source(blobs[one.id], one.kind), frame) for one, frame in images if one.id in blobs], asked)


def _planes(series_id: int, asked: Asked, tell: Tell) -> Planes:
    ready = volume_of(series_id, asked.wanted_set, tell)
    return Planes(ready, View(asked.of.value), asked)


_OPENERS: Final[dict[Of, Callable[[int, Asked, Tell], Source]]] = {
    Of.STACK: _stack,
    Of.AXIAL: _planes,
    Of.CORONAL: _planes,
    Of.SAGITTAL: _planes,
}
