"""The tab that shows a series as planes: axial, coronal and sagittal, each with lines where the others cut it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from flask import url_for

from dicomgallery.dicom.grids import Sight, View
from dicomgallery.dicom.health import mm
from dicomgallery.dicom.values import with_minus
from dicomgallery.imaging.spec import Window
from dicomgallery.imaging.volumes.spec import Mode
from dicomgallery.services.volumes import Ready
from dicomgallery.web.look import Look
from dicomgallery.web.viewer import asking
from dicomgallery.web.viewer.room import Room, viewer_page

MODES: Final = {Mode.MIP: "highest values (MIP)", Mode.MEAN: "mean", Mode.MINIP: "lowest values (MinIP)"}
SLABS: Final = (0, 2, 5, 10, 20, 50)


@dataclass(frozen=True, slots=True)
class Line:
    """Where another plane cuts this one, in the pixels of its picture."""

    view: View
    x1: float
    y1: float
    x2: float
    y2: float
    is_flipped: bool
    """Its planes count from the right, or from below."""

    @property
    def is_upright(self) -> bool:
        """Say whether it stands, its planes being counted across the picture."""
        return self.x1 == self.x2


@dataclass(frozen=True, slots=True)
class Pane:
    """One view."""

    sight: Sight
    number: int
    src: str
    width: int
    height: int
    lines: tuple[Line, ...]

    @property
    def view(self) -> View:
        """Which one it is."""
        return self.sight.view

    @property
    def count(self) -> int:
        """How many planes it has."""
        return self.sight.depth.count

    @property
    def position(self) -> str:
        """Where the plane lies in the patient."""
        return mm(round(self.sight.position_mm(self.number - 1), 2))

    @property
    def alt(self) -> str:
        """The picture in words."""
        return f"{self.sight.name} plane {self.number} of {self.count}, at {self.position}"


class Planes:
    """A volume, looked at from three sides."""

    def __init__(self, room: Room, ready: Ready, args: Mapping[str, str]) -> None:
        self.room = room
        self.ready = ready
        self.volume = ready.volume
        self.look = Look.parse(args, frames=0)
        self.wanted_set = min(asking.wanted_set(args), max(1, len(ready.grid.sets)))
        self.slab_mm = asking.millimeters(args.get("slab", ""))
        self.mode = Mode(args["mode"]) if args.get("mode") in set(Mode) else Mode.MIP
        self._sights = {view: self.volume.sight(view) for view in View}
        self._numbers = {
            view: asking.clamped(args.get(view.value, ""), 1, sight.depth.count, usual=sight.depth.count // 2 + 1)
            for view, sight in self._sights.items()
        }

    @cached_property
    def panes(self) -> Sequence[Pane]:
        """Axial, sagittal and coronal, as they stand on the page."""
        return [self._pane(view) for view in (View.AXIAL, View.SAGITTAL, View.CORONAL)]

    @property
    def notes(self) -> Sequence[str]:
        """What was done to make a volume of the series."""
        failed = self.volume.failed
        noun = "image" if failed == 1 else "images"
        left = [f"{failed} {noun} could not be read: left empty."] if failed else []
        return [*self.ready.grid.notes, *left]

    @property
    def facts(self) -> str:
        """Size and spacing in a line."""
        levels, rows, columns = self.volume.shape
        level_mm, row_mm, column_mm = self.ready.grid.spacing_mm
        by = " \N{MULTIPLICATION SIGN} "
        return f"{columns}{by}{rows}{by}{levels} voxels of {column_mm:.3g}{by}{row_mm:.3g}{by}{level_mm:.3g} mm"

    @property
    def sets(self) -> Sequence[tuple[int, str]]:
        """The time points to choose from."""
        return list(enumerate(self.ready.grid.sets, 1))

    @property
    def modes(self) -> Sequence[tuple[str, str]]:
        """What a slab can become."""
        return [(mode.value, words) for mode, words in MODES.items()]

    @property
    def slabs(self) -> Sequence[tuple[float, str]]:
        """How thick a slab can be."""
        thick = sorted({*SLABS, self.slab_mm})
        return [(size, f"{size:g} mm" if size else "One plane") for size in thick]

    @property
    def windows(self) -> Sequence[dict[str, object]]:
        """The windows to choose from, as links."""
        own = self.volume.windows
        ways = self.look.windows([one.name for one in own], self.volume.modality)
        sizes = [_size(one.window) for one in own] + [""] * len(ways)
        return [
            {
                "label": way.label,
                "key": way.key,
                "href": self.at(self._numbers, way.look),
                "current": way.look == self.look or self._is_shown(way.look.window),
                "size": _size(way.look.window) or size,
            }
            for way, size in zip(ways, sizes, strict=False)
        ]

    def at(self, numbers: Mapping[View, int], look: Look | None = None) -> str:
        """The address of these planes."""
        query = {view.value: str(number) for view, number in numbers.items()}
        if self.slab_mm:
            query |= {"slab": f"{self.slab_mm:g}", "mode": self.mode.value}
        return viewer_page(self.room.series.id, tab="planes", **query, **self._kept(look or self.look))

    @property
    def kept(self) -> Sequence[tuple[str, str]]:
        """What the form sends along unseen; the rest stands in its fields."""
        seen = {"center", "width", "set"}
        return [("tab", "planes"), *(pair for pair in self._kept(self.look).items() if pair[0] not in seen)]

    def _kept(self, look: Look) -> dict[str, str]:
        kept = {"set": str(self.wanted_set)} if self.wanted_set > 1 else {}
        if look.window is not None:
            kept |= {"center": f"{look.window.center:.7g}", "width": f"{look.window.width:.7g}"}
        elif look.auto or look.voi:
            kept |= {"window": "auto" if look.auto else str(look.voi)}
        if image := self.room.kept.get("image"):
            kept["image"] = image
        return kept

    def _is_shown(self, window: Window | None) -> bool:
        return window is not None and window == self.look.window

    def _pane(self, view: View) -> Pane:
        sight = self._sights[view]
        width_mm, height_mm = sight.size_mm
        scale = 512 / max(width_mm, height_mm)
        width, height = max(1, round(width_mm * scale)), max(1, round(height_mm * scale))
        others = [self._line(sight, other, width, height) for other in View if other is not view]
        return Pane(sight, self._numbers[view], self._src(view), width, height, tuple(others))

    def _line(self, sight: Sight, other: View, width: int, height: int) -> Line:
        """Planes of the other view run along one axis of this picture, and lie somewhere on its other one."""
        depth = self._sights[other].depth
        share = (self._numbers[other] - 0.5) / depth.count
        run = sight.across if depth.axis == sight.across.axis else sight.down
        is_flipped = depth.is_reversed != run.is_reversed
        share = 1 - share if is_flipped else share
        if run is sight.across:
            x = round(width * share, 1)
            return Line(other, x, 0, x, height, is_flipped)
        y = round(height * share, 1)
        return Line(other, 0, y, width, y, is_flipped)

    def _src(self, view: View) -> str:
        look = self.look
        query: dict[str, Any] = {"plane": view.value, "index": str(self._numbers[view])}
        if self.slab_mm:
            query |= {"slab": f"{self.slab_mm:g}", "mode": self.mode.value}
        if look.window is not None:
            query |= {"window": f"{look.window.width:.7g}", "level": f"{look.window.center:.7g}"}
        elif look.auto:
            query["window"] = "auto"
        elif look.voi:
            query["voi"] = str(look.voi)
        if self.wanted_set > 1:
            query["set"] = str(self.wanted_set)
        return url_for("viewer.plane", key=str(self.room.series.id), **query)


def _size(window: Window | None) -> str:
    return f"{window.width:g} / {with_minus(f'{window.center:g}')}" if window else ""
