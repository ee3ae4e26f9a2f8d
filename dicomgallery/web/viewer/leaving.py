"""What an address of the viewer shows, as a PNG: whole, without the page around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from dicomgallery.access import Actor
from dicomgallery.errors import NotFoundError, RefusedError
from dicomgallery.imaging.facing import Facing
from dicomgallery.imaging.finish import CORNERS, Finish, Words
from dicomgallery.imaging.spec import Format
from dicomgallery.services import annotating, finishing, pictures, rotations, volumes
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.services.volumes import Ready, Refused
from dicomgallery.web.viewer import asking
from dicomgallery.web.viewer.placing import facing_of
from dicomgallery.web.viewer.planes import Planes
from dicomgallery.web.viewer.room import Room
from dicomgallery.web.viewer.slices import slice_of
from dicomgallery.web.viewer.turning import SHOWS, Turning

SMALLEST, LARGEST = 32, 4096
_LONGEST: Final = 4
NO_IMAGES: Final = "There are no pictures in this series."
NOT_WITH_A_STATE: Final = (
    "Marks lie in the pixels of an image, and a presentation state may show these elsewhere: leave one of them away."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a view is to leave."""

    facing: Facing
    longest_side: int | None
    marks: bool
    identity: bool
    """With the words in its corners, and what people wrote beside their marks."""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Wish":
        """What the address asks for; ValueError in words when it makes no sense."""
        size = args.get("size", "")
        is_number = size.isascii() and size.isdecimal() and len(size) <= _LONGEST
        if size and not (is_number and SMALLEST <= int(size) <= LARGEST):
            raise ValueError(f"The longest side in `size` lies between {SMALLEST} and {LARGEST} pixels.")
        return cls(facing_of(args), int(size) if size else None, args.get("marks") == "1", args.get("identity") == "1")

    def finish(self, corners: Sequence[Sequence[str]], sides: Mapping[str, str]) -> Finish:
        """The finish of a picture with these words."""
        words = None
        if self.identity:
            words = Words({name: tuple(lines) for name, lines in zip(CORNERS, corners, strict=True)}, dict(sides))
        return Finish(facing=self.facing, longest_side=self.longest_side, words=words)


@dataclass(frozen=True, slots=True)
class View:
    """A picture that can be made: what tells it from every other one, and how."""

    etag: str
    draw: Callable[[], Picture | NoPicture]


def view_of(actor: Actor, room: Room, args: Mapping[str, str]) -> View | NoPicture:
    """The picture of what the address shows; ValueError, RefusedError, NotFoundError in words."""
    wish = Wish.of(args)
    return _of_slice(actor, room, args, wish) if room.tab in ("slices", "tags") else _of_volume(actor, room, args, wish)


def _of_slice(actor: Actor, room: Room, args: Mapping[str, str], wish: Wish) -> View:
    page = slice_of(actor, room, args)
    if page is None:
        raise NotFoundError(NO_IMAGES)
    wanted = wish.finish(
        [page.person, page.origin, [page.which, page.place], [page.window_words, *page.making]], page.sides
    )
    if wish.marks:
        if page.look.state is not None:
            raise RefusedError(NOT_WITH_A_STATE)
        here = page.places[page.number - 1]
        found = annotating.markings_of([here], actor=actor, is_nameless=not wish.identity)
        wanted = replace(wanted, markings=next(iter(found.values()), None))
    spec = replace(page.look.spec, format=Format.PNG)
    drawn = pictures.of(page.instance.id, spec, actor=actor)
    etag = finishing.etag(pictures.etag(page.instance.blob_sha256, spec.token()), wanted)
    return View(etag, lambda: finishing.finished(drawn, wanted))


def _of_volume(actor: Actor, room: Room, args: Mapping[str, str], wish: Wish) -> View | NoPicture:
    ready = volumes.built(room.series.id, actor=actor, wanted_set=asking.wanted_set(args))
    if isinstance(ready, Refused):
        return volumes.no_plane(ready)
    return _turned(room, ready, args, wish) if room.tab == "3d" else _plane(room, ready, args, wish)


def _plane(room: Room, ready: Ready, args: Mapping[str, str], wish: Wish) -> View:
    planes = Planes(room, ready, args)
    pane = planes.panes[0]
    spec = asking.plane_spec(_query(pane.src))
    window = next((str(one["label"]) for one in planes.windows if one["current"]), "")
    below = [f"{pane.title} {pane.number} of {pane.count}" if pane.count else pane.title, pane.position]
    wanted = wish.finish([room.person, room.origin, below, [window]], pane.sides)
    etag = finishing.etag(volumes.etag(ready, spec), wanted)
    return View(etag, lambda: finishing.finished(volumes.plane(ready, spec), wanted))


def _turned(room: Room, ready: Ready, args: Mapping[str, str], wish: Wish) -> View:
    turning = Turning(room, ready, args)
    turn = asking.turn(_query(turning.src))
    below = [SHOWS[turning.shows].capitalize(), turning.side]
    wanted = wish.finish([room.person, room.origin, below, []], turning.sides)
    etag = finishing.etag(rotations.etag(ready, turn), wanted)
    return View(etag, lambda: finishing.finished(rotations.picture(ready, turn), wanted))


def _query(address: str) -> dict[str, str]:
    """What the address of a picture on the page asks for."""
    return dict(parse_qsl(urlsplit(address).query))
