"""The tab that shows a series as planes: axial, coronal, sagittal and oblique, with lines where others cut them."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from flask import url_for

from dicomgallery.dicom.geometry import Vector
from dicomgallery.dicom.grids import Sight, View
from dicomgallery.dicom.health import mm
from dicomgallery.imaging.volumes.canvas import canvas_of
from dicomgallery.imaging.volumes.graying import ends_of
from dicomgallery.imaging.volumes.spec import Mode, Slant
from dicomgallery.services.volumes import Ready
from dicomgallery.serving import paging
from dicomgallery.web.look import Look
from dicomgallery.web.viewer import asking, windowing
from dicomgallery.web.viewer.layouts import LAYOUTS, OBLIQUE, USUAL, layout_of
from dicomgallery.web.viewer.panes import Board, Line, Pane, slanted_board, upright_board
from dicomgallery.web.viewer.room import Room, viewer_page
from dicomgallery.web.viewer.times import Times

MODES: Final = {Mode.MIP: "highest values (MIP)", Mode.MEAN: "mean", Mode.MINIP: "lowest values (MinIP)"}
SLABS: Final = (0, 2, 5, 10, 20, 50)
USUAL_TILT: Final = 30.0
"""Of the oblique plane until somebody turns it: enough to see that it is one."""


class Planes:
    """A volume, looked at through one point of it."""

    def __init__(self, room: Room, ready: Ready, args: Mapping[str, str]) -> None:
        self.room = room
        self.ready = ready
        self.volume = ready.volume
        self.look = Look.parse(args, frames=0)
        self.wanted_set = min(asking.wanted_set(args), max(1, len(ready.grid.sets)))
        self.slab_mm = asking.millimeters(args.get("slab", ""))
        self.mode = Mode(args["mode"]) if args.get("mode") in set(Mode) else Mode.MIP
        self.layout = layout_of(args.get("layout", ""))
        self.tilt = asking.degrees(args.get("tilt", ""), 0, 90, usual=USUAL_TILT)
        self.turn = asking.degrees(args.get("turn", ""), -180, 180)
        self._sights = {view: self.volume.sight(view) for view in View}
        self._numbers = {
            view: asking.clamped(args.get(view.value, ""), 1, sight.depth.count, usual=sight.depth.count // 2 + 1)
            for view, sight in self._sights.items()
        }

    @cached_property
    def panes(self) -> Sequence[Pane]:
        """The planes of the layout, as they stand on the page."""
        return [self._oblique() if name == OBLIQUE else self._upright(View(name)) for name in self.layout.planes]

    @cached_property
    def point(self) -> Vector:
        """The point in the patient that all planes go through."""
        at = {sight.depth.axis: sight.depth.place(self._numbers[view] - 1) for view, sight in self._sights.items()}
        x, y, z = (
            self.volume.origin[part] + sum(step[part] * at[axis] for axis, step in enumerate(self.volume.steps))
            for part in range(3)
        )
        return x, y, z

    @property
    def normal(self) -> Vector:
        """Across the oblique plane: from the head, leaning to the back by the tilt, that then turned about the body."""
        tilt, turn = math.radians(self.tilt), math.radians(self.turn)
        return -math.sin(turn) * math.sin(tilt), math.cos(turn) * math.sin(tilt), math.cos(tilt)

    @property
    def ways(self) -> Sequence[tuple[str, int, int, Mapping[str, str]]]:
        """Each upright view: its name, which plane of how many, and how its planes are counted in the patient."""
        sights = self._sights.items()
        return [(view.value, self._numbers[view], sight.depth.count, _counting(sight)) for view, sight in sights]

    @property
    def is_oblique_shown(self) -> bool:
        """Say whether the oblique plane stands on the page."""
        return OBLIQUE in self.layout.planes

    @property
    def layouts(self) -> Sequence[tuple[str, str]]:
        """What can stand on the page together."""
        return [("" if one.name == USUAL else one.name, one.label) for one in LAYOUTS.values()]

    @property
    def notes(self) -> Sequence[str]:
        """What was done to make a volume of the series."""
        failed = self.volume.failed
        noun = "image" if failed == 1 else "images"
        left = [f"{failed} {noun} could not be read: left empty."] if failed else []
        return [*self.ready.grid.notes, *left]

    @property
    def ends(self) -> tuple[float, float]:
        """The values that are black and white."""
        return ends_of(self.volume, self.look.window, self.look.voi or 1, auto=self.look.auto)

    @property
    def facts(self) -> str:
        """Size and spacing in a line."""
        levels, rows, columns = self.volume.shape
        level_mm, row_mm, column_mm = self.ready.grid.spacing_mm
        by = " \N{MULTIPLICATION SIGN} "
        return f"{columns}{by}{rows}{by}{levels} voxels of {column_mm:.3g}{by}{row_mm:.3g}{by}{level_mm:.3g} mm"

    @property
    def times(self) -> Times:
        """The time points to choose from."""
        return Times(self.ready.grid.sets, self.wanted_set, lambda number: self.at(self._numbers, wanted_set=number))

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
        return windowing.links(self.look, self.volume, lambda look: self.at(self._numbers, look))

    def at(self, numbers: Mapping[View, int], look: Look | None = None, *, wanted_set: int | None = None) -> str:
        """The address of these planes."""
        query = {view.value: str(number) for view, number in numbers.items()}
        if self.slab_mm:
            query |= {"slab": f"{self.slab_mm:g}", "mode": self.mode.value}
        if self.layout.name != USUAL:
            query["layout"] = self.layout.name
        kept = {**self._slant, **self._kept(look or self.look, wanted_set or self.wanted_set)}
        return viewer_page(self.room.series.id, tab="planes", **query, **kept)

    @property
    def kept(self) -> Sequence[tuple[str, str]]:
        """What the form sends along unseen; the rest stands in its fields."""
        seen = {"center", "width", "set"}
        unseen = {} if self.is_oblique_shown else self._slant
        kept = {name: value for name, value in self._kept(self.look, self.wanted_set).items() if name not in seen}
        return [("tab", "planes"), *unseen.items(), *kept.items()]

    @property
    def here(self) -> str:
        """The address of what is looked at."""
        return self.at(self._numbers)

    @property
    def export(self) -> str:
        """Where the series leaves as files, looked at in the same way."""
        kept = [(name, value) for name, value in self._kept(self.look, self.wanted_set).items() if name != "image"]
        path = url_for("exports.form", key=str(self.room.series.id))
        return paging.address(path, [("of", View.AXIAL.value), *kept])

    @property
    def _slant(self) -> dict[str, str]:
        """How the oblique plane lies, where that is not as usual."""
        if (self.tilt, self.turn) == (USUAL_TILT, 0):
            return {}
        return {"tilt": f"{self.tilt:g}", "turn": f"{self.turn:g}"}

    def _kept(self, look: Look, wanted_set: int) -> dict[str, str]:
        kept = {"set": str(wanted_set)} if wanted_set > 1 else {}
        kept |= windowing.of_page(look)
        if image := self.room.kept.get("image"):
            kept["image"] = image
        return kept

    def _upright(self, view: View) -> Pane:
        sight, number = self._sights[view], self._numbers[view]
        board = upright_board(sight, self.volume.origin, self.volume.steps, number)
        position = mm(round(sight.position_mm(number - 1), 2))
        return Pane(
            plane=view.value,
            title=sight.name,
            position=position,
            alt=f"{sight.name} plane {number} of {sight.depth.count}, at {position}",
            src=self._src({"plane": view.value, "index": str(number)}),
            board=board,
            cross=board.place(self.point),
            lines=self._lines(board, view.value),
            number=number,
            count=sight.depth.count,
            data=_lying(board, self.point),
        )

    def _oblique(self) -> Pane:
        board = slanted_board(canvas_of(self.volume, Slant(self.normal, self.point)))
        lean = f"{self.tilt:g}\N{DEGREE SIGN} from axial, turned by {self.turn:g}\N{DEGREE SIGN}"
        return Pane(
            plane=OBLIQUE,
            title="Oblique",
            position=lean,
            alt=f"Oblique plane, {lean}",
            src=self._src({"plane": OBLIQUE, "normal": _three(self.normal), "point": _three(self.point)}),
            board=board,
            cross=board.place(self.point),
            lines=self._lines(board, OBLIQUE),
            data=_lying(board, self.point),
        )

    def _lines(self, board: Board, plane: str) -> tuple[Line, ...]:
        """Where the other planes cut a board."""
        normals = {view.value: sight.depth.direction for view, sight in self._sights.items()}
        if self.is_oblique_shown:
            normals[OBLIQUE] = self.normal
        lines = [board.cut(name, normal, self.point) for name, normal in normals.items() if name != plane]
        return tuple(line for line in lines if line is not None)

    def _src(self, query: dict[str, str]) -> str:
        if self.slab_mm:
            query |= {"slab": f"{self.slab_mm:g}", "mode": self.mode.value}
        asked: dict[str, Any] = {**query, **windowing.of_picture(self.look)}
        if self.wanted_set > 1:
            asked["set"] = str(self.wanted_set)
        return url_for("viewer.plane", key=str(self.room.series.id), **asked)


def _counting(sight: Sight) -> dict[str, str]:
    """How the planes of a view follow each other: along which direction, from where, in which steps."""
    return {
        "direction": _three(sight.depth.direction),
        "start": f"{sight.start_mm:.6g}",
        "step-mm": f"{sight.depth.step_mm:.6g}",
    }


def _lying(board: Board, point: Vector) -> dict[str, str]:
    """Where a board lies, and where on it the point is that all planes go through."""
    x, y = board.place(point)
    return {
        "corner": _three(board.corner),
        "across": _three(board.across),
        "down": _three(board.down),
        "unit-mm": f"{board.unit_mm:.6g}",
        "cross": f"{x:.2f},{y:.2f}",
    }


def _three(vector: Vector) -> str:
    return ",".join(f"{part:.6g}" for part in vector)
