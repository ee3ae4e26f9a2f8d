"""The tabs that show one image at a time: its picture in the middle of what is known of it, or its tags."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby, islice
from typing import Final
from urllib.parse import parse_qsl

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.catalog import frames as frame_facts
from dicomgallery.catalog import instances
from dicomgallery.catalog import marks as catalog_marks
from dicomgallery.catalog.instances import Detail, Image, images_of
from dicomgallery.dicom import transfer, values
from dicomgallery.dicom.cine import cine_of
from dicomgallery.dicom.frames import Where, wheres_of
from dicomgallery.dicom.grids.sights import sides_of
from dicomgallery.dicom.health import mm
from dicomgallery.dicom.health.findings import parsed
from dicomgallery.dicom.values import with_minus
from dicomgallery.imaging.presets import CT_PRESETS
from dicomgallery.imaging.spec import Format, RenderSpec
from dicomgallery.services import inspecting
from dicomgallery.web.cards import picture
from dicomgallery.web.image_page import ImagePage
from dicomgallery.web.look import Look
from dicomgallery.web.marking import Marks
from dicomgallery.web.viewer import asking
from dicomgallery.web.viewer.placing import Placing
from dicomgallery.web.viewer.room import Room

AHEAD: Final = 3


def slice_of(actor: Actor, room: Room, args: Mapping[str, str]) -> "SlicePage | None":
    """The image that the address asks for, the middle one when it does not; None in a series without any."""
    places = images_of(room.page.slices)
    if not places:
        return None
    placing = Placing.of(args)
    number = asking.clamped(args.get("image", ""), 1, len(places), usual=len(places) // 2 + 1)
    one, frame = places[number - 1]
    also = (("image", str(number)), *placing.pairs, *room.panes)
    look = replace(Look.parse(args, frames=0), frame=frame, tab="tags", also=also)
    found = instances.detail(actor.scope, one.id)
    return SlicePage(actor, found, look, room=room, places=places, number=number, placing=placing)


def frames_json(actor: Actor, room: Room, places: Sequence[Image], args: Mapping[str, str]) -> dict[str, object]:
    """What the slider steps through, looked at as the address says, and where each frame lies in space.

    `title` and `when` say what the series is called. `space` is the same for series whose positions can be compared,
    and null where none is known.
    """
    look = replace(Look.parse(args, frames=0), tab="tags")
    numbers = {frame for _, frame in places}
    tokens = {frame: replace(look.spec, frame=frame).token() for frame in numbers}
    # Written once: a stack has thousands.
    query = look.query(also=())
    here = room.here + query + ("&" if len(query) > 1 else "")
    numbers_of = {frame: RenderSpec(frame=frame or 1, format=Format.VALUES).token() for frame in numbers}
    frames = []
    for number, ((one, frame), (at, axes)) in enumerate(zip(places, _in_space(actor, places), strict=True), 1):
        pictures = picture(one.id, one.blob12, "")
        frames.append(
            {
                "src": pictures + tokens[frame],
                "href": f"{here}image={number}",
                "values": pictures + numbers_of[frame],
                "image": one.id,
                "frame": frame or 1,
                "at": at,
                "axes": axes,
            }
        )
    return {
        "frames": frames,
        "space": room.series.frame_of_reference_uid or None,
        "title": room.title,
        "when": values.display_date(room.page.study.date),
    }


def _in_space(actor: Actor, places: Sequence[Image]) -> Iterator[Where]:
    """Where each frame lies; the frames of an object come one after the other, from its first."""
    tables = frame_facts.tables_of(actor.scope, {one.id for one, frame in places if frame is not None})
    for one_id, group in groupby(places, key=lambda place: place[0].id):
        frames = list(group)
        one = frames[0][0]
        yield from islice(wheres_of(tables.get(one_id), one.position or "", one.orientation), len(frames))


class SlicePage(ImagePage):
    """An image in the viewer, looked at in one way."""

    def __init__(
        self,
        actor: Actor,
        found: Detail,
        look: Look,
        *,
        room: Room,
        places: Sequence[Image],
        number: int,
        placing: Placing,
    ) -> None:
        super().__init__(actor, found, look)
        self.placing = placing
        self.room = room
        self.places = places
        self.number = number

    @property
    def here(self) -> str:
        """The address of the viewer; of the image's own page where its tags are shown."""
        return super().here if self.room.tab == "tags" else self.room.here

    @property
    def total(self) -> int:
        """How many images there are to step through."""
        return len(self.places)

    @property
    def alt(self) -> str:
        """The picture in words."""
        words = (self.series.modality, self.series.description, f"image {self.number} of {self.total}")
        return ", ".join(word for word in words if word)

    def at(self, number: int) -> str:
        """The viewer at another image, looked at in the same way; empty where there is none."""
        if not 1 <= number <= self.total:
            return ""
        also = (("image", str(number)), *self.placing.pairs, *self._tab, *self.room.panes)
        return self.room.here + self.look.query(frame=None, also=also)

    @property
    def stack(self) -> str:
        """Where the script finds what the slider steps through."""
        query = self.look.query(frame=None, also=())
        return url_for("viewer.frames", key=str(self.series.id)) + (query if len(query) > 1 else "")

    @property
    def on_stage(self) -> dict[str, object]:
        """What the browser's stage shows, as its script reads it."""
        look = self.look
        told: dict[str, object] = {"number": self.number, "invert": look.invert, "plain": look.plain}
        if look.window is not None:
            told["window"] = {"center": look.window.center, "width": look.window.width}
        # What is more than one window is drawn by the server alone.
        told["view"] = self.placing.on_stage
        told["picture"] = look.auto or look.voi is not None or look.state is not None or look.plain
        cine = cine_of(inspecting.dataset_of(self.instance.id, actor=self.actor))
        told["cine"] = {"rate": cine.rate, "from": cine.origin, "sweeps": cine.sweeps}
        return told

    @property
    def export(self) -> str:
        """Where the series leaves as files, looked at in the same way."""
        query = self.look.query(frame=None, state=None, also=())
        return url_for("exports.form", key=str(self.series.id)) + (query if len(query) > 1 else "")

    @property
    def link(self) -> str:
        """The address of what is looked at, to be given to others."""
        return self.at(self.number)

    @property
    def as_png(self) -> str:
        """The picture of what is looked at; more can be asked of it."""
        return self.room.as_png(self.at(self.number))

    @property
    def sizes(self) -> Mapping[str, str]:
        """Width and center of the windows that everybody knows, by their keys."""
        presets = CT_PRESETS.values() if self.series.modality == "CT" else ()
        return {str(key): f"{one.width:g} / {with_minus(f'{one.center:g}')}" for key, one in enumerate(presets, 1)}

    @property
    def kept(self) -> Sequence[tuple[str, str]]:
        """What the form of the slider sends along."""
        look = parse_qsl(self.look.query(frame=None, also=()).removeprefix("?"))
        return [*look, *self.placing.pairs, *self._tab, *self.room.panes]

    @property
    def ahead(self) -> Sequence[str]:
        """The pictures that are likely wanted next."""
        near = [self.number + 1, self.number - 1, *range(self.number + 2, self.number + 1 + AHEAD)]
        return [self._picture(number) for number in near if 1 <= number <= self.total]

    @cached_property
    def sides(self) -> dict[str, str]:
        """The letters of the patient's sides; none where the image does not say how it lies."""
        cosines = parsed(self.instance.orientation, 6)
        return sides_of(cosines[:3], cosines[3:]) if cosines and any(cosines) else {}

    @property
    def person(self) -> Sequence[str]:
        """The patient, as they stand in the corner."""
        return self.room.person

    @property
    def origin(self) -> Sequence[str]:
        """Where and when it was made."""
        return self.room.origin

    @property
    def which(self) -> str:
        """Which image it is."""
        frame = f", frame {self.look.frame} of {self.instance.frames}" if self.look.frame else ""
        return f"Image {self.number} of {self.total}{frame}"

    @property
    def place(self) -> str:
        """Where it lies."""
        at = self.instance.position_mm
        return mm(at) if at is not None else ""

    @property
    def window_words(self) -> str:
        """The window it is looked at through."""
        window = self.look.window
        said = next((str(one["label"]) for one in self.windows if one["current"]), "")
        shown = f"W {window.width:g} L {with_minus(f'{window.center:g}')}" if window else ""
        return f"{shown} ({said})" if shown and said else shown or said

    @property
    def making(self) -> Sequence[str]:
        """What it is made of."""
        size = f"{self.instance.columns} \N{MULTIPLICATION SIGN} {self.instance.rows}"
        return [part for part in (size, transfer.short_name(self.instance.transfer_syntax)) if part]

    @cached_property
    def marks(self) -> Marks:
        """The marks of the series, those on this image first."""
        numbers = {(one.id, frame or 1): number for number, (one, frame) in enumerate(self.places, 1)}
        return Marks.of(
            self.actor,
            catalog_marks.outlined(self.actor.scope, self.series.id),
            here=self._place,
            where={place: f"Image {number}" for place, number in numbers.items()},
            href=lambda place: self.at(numbers.get(place, 0)),
            source=url_for("marks_api.of_series", key=str(self.series.id)),
            series_id=self.series.id,
        )

    @property
    def _tab(self) -> tuple[tuple[str, str], ...]:
        return (("tab", self.room.tab),) if self.room.tab != "slices" else ()

    def _picture(self, number: int) -> str:
        one, frame = self.places[number - 1]
        return picture(one.id, one.blob12, replace(self.look.spec, frame=frame))
