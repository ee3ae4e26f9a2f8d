"""The tab that shows a whole volume from any side."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from flask import url_for

from dicomgallery.dicom.grids.sights import sides_of
from dicomgallery.dicom.values import with_minus
from dicomgallery.imaging.volumes.graying import ends_of
from dicomgallery.imaging.volumes.small import size_of
from dicomgallery.imaging.volumes.turn import STEEPEST_DEGREES, Shows, Turn
from dicomgallery.imaging.volumes.turn_presets import Solid, TurnPreset, presets_of, solids_of, usual_threshold
from dicomgallery.services.volumes import Ready
from dicomgallery.serving import paging
from dicomgallery.web.look import Look
from dicomgallery.web.viewer import asking, windowing
from dicomgallery.web.viewer.room import Room, viewer_page
from dicomgallery.web.viewer.times import Times

SHOWS: Final = {
    Shows.MIP: "highest values (MIP)",
    Shows.MEAN: "mean, as on a radiograph",
    Shows.MINIP: "lowest values (MinIP)",
    Shows.SURFACE: "surface, lit",
}
SIDES: Final = (
    ("Front", 0, 0), ("Left", 90, 0), ("Back", 180, 0), ("Right", 270, 0), ("Head", 0, 90), ("Feet", 0, -90),
)  # fmt: skip
_CHOICES: Final = ("mode", "center", "width", "window", "threshold")


class Turning:
    """A volume, looked at from one side."""

    def __init__(self, room: Room, ready: Ready, args: Mapping[str, str]) -> None:
        self.room = room
        self.ready = ready
        self.volume = ready.volume
        self.wanted_set = min(asking.wanted_set(args), max(1, len(ready.grid.sets)))
        self.angle = (asking.real(args.get("angle", "")) or 0.0) % 360
        self.tilt = asking.degrees(args.get("tilt", ""), -STEEPEST_DEGREES, STEEPEST_DEGREES)
        self.look = Look.parse(args, frames=0)
        mode = args.get("mode", "")
        self.solid = next((one for one in solids_of(self.volume.unit) if one.name == mode), None)
        """In which colors a browser draws it; the server then draws a surface."""
        self.shows = Shows.SURFACE if self.solid else Shows(mode) if mode in set(Shows) else Shows.MIP
        self._threshold = asking.real(args.get("threshold", ""))
        if not any(args.get(name) for name in _CHOICES):
            usual = presets_of(self.volume.unit)[0]
            self.shows, self.look = usual.shows, replace(self.look, window=usual.window)

    @property
    def threshold(self) -> float:
        """The value at which a surface begins."""
        volume = self.volume
        usual = usual_threshold(volume.unit, volume.black, volume.white, self.solid)
        return usual if self._threshold is None else self._threshold

    @property
    def is_surface(self) -> bool:
        """Say whether a surface is shown, which has a threshold and no window."""
        return self.shows is Shows.SURFACE

    @property
    def sides(self) -> dict[str, str]:
        """The letters at the four sides of the picture."""
        gaze = Turn(self.angle, self.tilt).gaze
        return sides_of(gaze.across, gaze.down)

    @property
    def src(self) -> str:
        """The address of the picture."""
        query: dict[str, Any] = {"angle": f"{self.angle:g}", "tilt": f"{self.tilt:g}", "mode": self.shows.value}
        query |= {"threshold": f"{self.threshold:.7g}"} if self.is_surface else windowing.of_picture(self.look)
        query |= {"set": str(self.wanted_set)} if self.wanted_set > 1 else {}
        return url_for("viewer.mip", key=str(self.room.series.id), **query)

    @property
    def side(self) -> str:
        """From where it is looked at, in a line."""
        tilt = with_minus(f"{self.tilt:g}")
        return f"Turned by {self.angle:g}\N{DEGREE SIGN}, tilted by {tilt}\N{DEGREE SIGN}"

    @property
    def alt(self) -> str:
        """The picture in words."""
        words = SHOWS[self.shows].capitalize()
        return f"{words}, turned by {self.angle:g} degrees from the front and tilted by {self.tilt:g}"

    @property
    def facts(self) -> str:
        """What it is drawn from."""
        (levels, rows, columns), side_mm = size_of(self.volume)
        by = " \N{MULTIPLICATION SIGN} "
        return f"Drawn from {columns}{by}{rows}{by}{levels} cubes of {side_mm:.3g} mm, each the mean of its voxels."

    @property
    def data(self) -> Mapping[str, str]:
        """What whoever draws it in the browser needs to know of the volume, and of how it is shown."""
        # A mean without a window is spread over what is seen of it, which whoever draws it knows.
        is_spread = self.shows is Shows.MEAN and self.look.window is None
        ends = None if is_spread else ends_of(self.volume, self.look.window, self.look.voi or 1, auto=self.look.auto)
        return {
            "values": url_for("viewer.numbers", key=str(self.room.series.id), set=str(self.wanted_set)),
            "shows": "solid" if self.solid else self.shows.value,
            "tint": self.solid.name if self.solid else "",
            "threshold": f"{self.threshold:.7g}",
            "black": f"{ends[0]:.7g}" if ends else "",
            "white": f"{ends[1]:.7g}" if ends else "",
        }

    @property
    def thresholds(self) -> Mapping[str, str]:
        """From where to where the threshold can be moved, and by how much."""
        volume = self.volume
        if volume.unit == "HU":
            return {"min": "-1000", "max": "1500", "step": "10"}
        return {
            "min": f"{volume.black:.7g}",
            "max": f"{volume.white:.7g}",
            "step": f"{(volume.white - volume.black) / 250:.3g}",
        }

    @property
    def mode(self) -> str:
        """What is shown, as the address says it."""
        return self.solid.name if self.solid else self.shows.value

    @property
    def modes(self) -> Sequence[tuple[str, str]]:
        """What can be shown."""
        return [(shows.value, words) for shows, words in SHOWS.items()]

    @property
    def solids(self) -> Sequence[dict[str, object]]:
        """Ways to see it in color, as links."""
        return [
            {
                "label": one.label,
                "name": one.name,
                "href": self._at(Shows.SURFACE, self.look, None, solid=one),
                "current": one == self.solid,
            }
            for one in solids_of(self.volume.unit)
        ]

    @property
    def presets(self) -> Sequence[dict[str, object]]:
        """Ways to look at it that have a name, as links."""
        return [
            {
                "label": one.label,
                "key": str(key),
                "href": self._at(one.shows, replace(self.look, auto=False, voi=None, window=one.window), one.threshold),
                "current": self._is_shown(one),
                "size": windowing.size(one.window) or (_beginning(one.threshold)),
            }
            for key, one in enumerate(presets_of(self.volume.unit), 1)
        ]

    @property
    def windows(self) -> Sequence[dict[str, object]]:
        """The file's window and one from its values, as links; the usual ones of slices hide too much of a whole."""
        ways = windowing.links(self.look, self.volume, lambda look: self._at(self.shows, look, None))
        return [way for way in ways if way["key"] in ("d", "0")]

    @property
    def times(self) -> Times:
        """The time points to choose from."""
        sets = self.ready.grid.sets
        return Times(sets, self.wanted_set, lambda number: self._as_it_is(wanted_set=number))

    @property
    def from_sides(self) -> Sequence[dict[str, object]]:
        """The six sides to look from, as links."""
        return [
            {
                "label": label,
                "href": self._as_it_is(angle=angle, tilt=tilt),
                "current": (self.angle, self.tilt) == (angle, tilt),
            }
            for label, angle, tilt in SIDES
        ]

    @property
    def kept(self) -> Sequence[tuple[str, str]]:
        """What the form sends along unseen; the rest stands in its fields."""
        kept: dict[str, str] = {}
        window = windowing.of_page(self.look)
        kept |= {"window": window["window"]} if "window" in window and not self.is_surface else {}
        return [("tab", "3d"), *kept.items(), *self._image.items()]

    @property
    def here(self) -> str:
        """The address of what is looked at."""
        return self._at(self.shows, self.look, self._threshold)

    @property
    def export(self) -> str:
        """Where it leaves as a movie of a full turn, looked at in the same way."""
        of = self.shows.value if self.shows is not Shows.MEAN else Shows.MIP.value
        query = [("kind", "gif"), ("of", of), ("tilt", f"{self.tilt:g}")]
        query += [("threshold", f"{self.threshold:.7g}")] if self.is_surface else windowing.of_page(self.look).items()
        query += [("set", str(self.wanted_set))] if self.wanted_set > 1 else []
        return paging.address(url_for("exports.form", key=str(self.room.series.id)), query)

    @property
    def _image(self) -> dict[str, str]:
        return {"image": image} if (image := self.room.kept.get("image")) else {}

    def _is_shown(self, preset: TurnPreset) -> bool:
        if preset.shows is not self.shows or self.solid:
            return False
        if self.is_surface:
            return self._threshold is None if preset.threshold is None else preset.threshold == self.threshold
        return preset.window == self.look.window and not self.look.auto and not self.look.voi

    def _as_it_is(self, **changes: Any) -> str:
        return self._at(self.shows, self.look, self._threshold, solid=self.solid, **changes)

    def _at(
        self,
        shows: Shows,
        look: Look,
        threshold: float | None,
        *,
        angle: float | None = None,
        tilt: float | None = None,
        wanted_set: int | None = None,
        solid: Solid | None = None,
    ) -> str:
        query = {
            "angle": f"{self.angle if angle is None else angle:g}",
            "tilt": f"{self.tilt if tilt is None else tilt:g}",
            "mode": solid.name if solid else shows.value,
        }
        if shows is Shows.SURFACE:
            query |= {"threshold": f"{threshold:.7g}"} if threshold is not None else {}
        else:
            query |= windowing.of_page(look)
        time = wanted_set or self.wanted_set
        query |= {"set": str(time)} if time > 1 else {}
        return viewer_page(self.room.series.id, tab="3d", **query, **self._image)


def _beginning(threshold: float | None) -> str:
    return f"from {with_minus(f'{threshold:g}')}" if threshold is not None else ""
