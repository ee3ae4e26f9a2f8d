"""Where the pictures of an export come from: the images of a series, planes through its volume, a turn about it.

Another way to look at a series is another class with `count` and `draw`, and a line in `_OPENERS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from dicomgallery.access import SYSTEM
from dicomgallery.catalog import instances
from dicomgallery.catalog.instances import Image
from dicomgallery.dicom.grids import View
from dicomgallery.dicom.values import counted
from dicomgallery.errors import RefusedError, UnavailableError
from dicomgallery.imaging.finish import Finish, Markings
from dicomgallery.imaging.spec import MIN_WIDTH, Format, RenderSpec
from dicomgallery.imaging.volumes.spec import PlaneSpec
from dicomgallery.imaging.volumes.turn import Shows, Turn
from dicomgallery.models import db
from dicomgallery.sandbox.duties import Urgency
from dicomgallery.services import annotating, finishing, pictures, rotations, volumes
from dicomgallery.services.exports.asked import TURNING, Asked, Of
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
    markings: Mapping[int, Markings] = field(default_factory=dict)
    """What people drew on them, by their numbers."""

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
            format=Format.PNG if number in self.markings else form,
        )
        picture = pictures.made(source, spec, urgency=Urgency.BACKGROUND)
        wanted = Finish(self.markings.get(number), format=form)
        return finishing.finished(picture, wanted, urgency=Urgency.BACKGROUND) if wanted.markings else picture


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


@dataclass(frozen=True, slots=True)
class Turning:
    """The pictures of one full turn about a volume."""

    ready: Ready
    asked: Asked

    @property
    def count(self) -> int:
        """How many there are."""
        return self.asked.turn_count

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was done to make a volume of the series."""
        return self.ready.grid.notes

    def draw(self, number: int, form: Format, longest_side: int | None) -> Picture | NoPicture:
        """One of them as PNG, the first from the front."""
        asked = self.asked
        turn = Turn(
            tilt=asked.tilt, shows=Shows(asked.of.value), window=asked.window, auto=asked.auto, voi=asked.voi or 1,
            threshold=asked.threshold, invert=asked.invert,
        )  # fmt: skip
        return rotations.picture(self.ready, rotations.turned_on(turn, number, self.count), urgency=Urgency.BACKGROUND)


def open_source(series_id: int, asked: Asked, tell: Tell) -> Source:
    """The pictures asked for; RefusedError in words when there are none. `tell` hears of a volume being built."""
    return _OPENERS[asked.of](series_id, asked, tell)


def count_now(series_id: int, asked: Asked) -> int | None:
    """How many pictures there are to take from; None when that is not known before they are made."""
    if asked.of in TURNING:
        return asked.turn_count
    if asked.of is not Of.STACK:
        return None
    # Marks may be many megabytes, and change no count.
    return _stack(series_id, replace(asked, marks=False), lambda _done, _total: None).count


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
    kept = [(one, frame) for one, frame in images if one.id in blobs]
    markings, told = _markings(series_id, kept, asked) if asked.marks else ({}, ())
    # Nobody waits with the database for the pictures that are now to be made.
    db.session.rollback()
    found = [(pictures.Source(blobs[one.id], one.kind), frame) for one, frame in kept]
    return Stack(found, asked, told, markings)


def _markings(series_id: int, images: Sequence[Image], asked: Asked) -> tuple[dict[int, Markings], tuple[str, ...]]:
    """What people drew on the pictures, by their numbers, and that it is there in a sentence."""
    taken = [(number, images[number - 1]) for number in asked.numbers(len(images))]
    found = annotating.markings_of(
        [image for _, image in taken], actor=SYSTEM, series_id=series_id, is_nameless=not asked.names
    )
    if not found:
        return {}, ("Nobody has drawn on these images, so there are no marks on the pictures.",)
    by_number = {number: found[one.id, frame or 1] for number, (one, frame) in taken if (one.id, frame or 1) in found}
    count = sum(len(one.marks) for one in found.values())
    texts = "with" if asked.names else "without"
    told = f"{counted(count, 'mark')} drawn over {counted(len(by_number), 'picture')}, {texts} what people wrote there."
    if any(len(one.marks) == annotating.MOST_DRAWN for one in found.values()):
        return by_number, (told, f"On one picture at most {annotating.MOST_DRAWN} are drawn.")
    return by_number, (told,)


def _planes(series_id: int, asked: Asked, tell: Tell) -> Planes:
    ready = volume_of(series_id, asked.wanted_set, tell)
    return Planes(ready, View(asked.of.value), asked)


def _turning(series_id: int, asked: Asked, tell: Tell) -> Turning:
    return Turning(volume_of(series_id, asked.wanted_set, tell), asked)


_OPENERS: Final[dict[Of, Callable[[int, Asked, Tell], Source]]] = {
    Of.STACK: _stack,
    Of.AXIAL: _planes,
    Of.CORONAL: _planes,
    Of.SAGITTAL: _planes,
    **dict.fromkeys(TURNING, _turning),
}
