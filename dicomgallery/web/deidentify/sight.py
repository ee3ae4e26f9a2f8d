"""One object of the review, large: its picture, its boxes, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from flask import url_for
from werkzeug.datastructures import MultiDict

from dicomgallery.access import Actor
from dicomgallery.catalog import deid_review as catalog
from dicomgallery.catalog.deid_review import Stage
from dicomgallery.dicom.values import counted, grouped
from dicomgallery.imaging.spec import RenderSpec
from dicomgallery.services import deid_runs
from dicomgallery.services.deid_runs.review import areas
from dicomgallery.services.deid_runs.review.areas import Area, Origin
from dicomgallery.serving import paging
from dicomgallery.web import crumbs
from dicomgallery.web.asked import whole
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.deidentify.queue import ORIGINS, STAGES, areas_shown, crumbs_of
from dicomgallery.web.deidentify.words import Told
from dicomgallery.web.forms.boxes import rows_of

_WIDTH: Final = 1600
_SMALL: Final = 128
_MOST_SHOWN: Final = 8
_OPEN: Final = frozenset({Stage.OPEN, Stage.ACCEPT, Stage.REJECT, Stage.LEAVE})
_MOST_ALIKE: Final = 1000
_WITHOUT_REASON: Final = {
    Stage.WORKING: "What was decided is being done.",
    Stage.DONE: "The copy is taken in. This is its source, with the boxes that are black in the copy.",
}


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A box as a row of the form; numbers as texts, since somebody may have typed none."""

    is_kept: bool
    origin: str
    origin_words: str
    left: str
    top: str
    width: str
    height: str

    @property
    def is_drawable(self) -> bool:
        """Whether its numbers make a rectangle."""
        return all(text.isascii() and text.isdecimal() for text in (self.left, self.top, self.width, self.height))


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody sent, and why it could not be done."""

    form: MultiDict[str, str]
    complaint: str


class SightPage:
    """An object that somebody looks at."""

    def __init__(
        self,
        actor: Actor,
        run_id: int,
        number: int,
        asked: Mapping[str, str],
        typed: Typed | None = None,
    ) -> None:
        self.told = Told(deid_runs.of(run_id, actor=actor))
        self.entry = catalog.entry(actor.scope, actor.id, run_id, number)
        self.number = number
        self.complaint = typed.complaint if typed else ""
        self._actor = actor
        self._asked = asked
        self._typed = typed

    @property
    def is_open(self) -> bool:
        """Whether something can still be decided."""
        return self.entry.stage in _OPEN

    @property
    def can_paint(self) -> bool:
        """Whether it has a picture with a size."""
        return bool(self.entry.review.columns and self.entry.review.rows)

    @property
    def stage(self) -> str:
        """How far it is, in a word for style sheets."""
        return self.entry.stage.value

    @property
    def stage_words(self) -> str:
        """How far it is, in words."""
        return STAGES[self.entry.stage]

    @property
    def can_undo(self) -> bool:
        """Whether what was decided about it is still only a decision."""
        return self.entry.stage in _OPEN and self.entry.decision is not None

    @property
    def reason(self) -> str:
        """Why it was set apart; else what is being, or was, done."""
        return self.entry.item.reason or _WITHOUT_REASON.get(self.entry.stage, "")

    @property
    def note(self) -> str:
        """Why it is here again, or what could not be searched."""
        return self.entry.review.note if self.entry.review.note != self.reason else ""

    @cached_property
    def rows(self) -> Sequence[BoxRow]:
        """What was typed; else what was decided, and unticked what was proposed besides; else what is proposed."""
        if self._typed is not None:
            rows = rows_of(self._typed.form)
            return [_row(origin.value, ORIGINS[origin], numbers, kept=kept) for kept, origin, numbers in rows]
        shown = areas_shown(self.entry)
        beside = [area for area in areas.read(self.entry.review.proposed) if area.box not in {one.box for one in shown}]
        kept = self.entry.stage not in {Stage.REJECT, Stage.LEAVE}
        ticked = [_of(area, kept=kept) for area in shown]
        return [*ticked, *(_of(area, kept=False) for area in beside if self.is_open)]

    @property
    def empty_row(self) -> BoxRow:
        """A row for a box that is drawn."""
        return _row(Origin.DRAWN.value, ORIGINS[Origin.DRAWN], ("", "", "", ""), kept=True)

    @property
    def frame(self) -> int:
        """The frame that is shown."""
        wanted = whole(self._asked.get("frame", "")) or 1
        return min(max(wanted, 1), max(self.entry.review.frames, 1))

    @property
    def frames(self) -> Sequence[tuple[int, str, str]]:
        """Some of the frames: number, where, small picture; none where there is only one."""
        count = self.entry.review.frames
        if count < 2 or self.entry.source_id is None:
            return []
        shown = min(count, _MOST_SHOWN)
        numbers = [1 + round(place * (count - 1) / (shown - 1)) for place in range(shown)]
        return [(number, self.at(frame=number), self._picture(number, _SMALL)) for number in numbers]

    @property
    def frames_words(self) -> str:
        """That the boxes hold for all frames, and how many were searched."""
        review = self.entry.review
        return f"The boxes hold for all {grouped(review.frames)} frames. {grouped(review.searched)} were searched."

    @property
    def src(self) -> str:
        """The picture, large; empty when the source is gone or cannot be seen."""
        return self._picture(self.frame, _WIDTH) if self.entry.source_id is not None else ""

    @property
    def is_auto(self) -> bool:
        """Whether the window is chosen from the values, which shows what the file's own may hide."""
        return self._asked.get("window") == "auto"

    @property
    def is_inverted(self) -> bool:
        """Whether black is white."""
        return self._asked.get("invert") == "1"

    def at(self, frame: int = 0, *, auto: bool | None = None, invert: bool | None = None) -> str:
        """Where it is shown at another frame, window or inversion."""
        frame = frame or self.frame
        pairs = [("frame", str(frame))] if frame > 1 else []
        pairs += [("window", "auto")] if (self.is_auto if auto is None else auto) else []
        pairs += [("invert", "1")] if (self.is_inverted if invert is None else invert) else []
        return paging.address(url_for("deid_review.show", run_id=self.told.id, number=self.number), pairs)

    @property
    def source_href(self) -> str:
        """The page of the object as it is."""
        return image_page(self.entry.source_id) if self.entry.source_id is not None else ""

    @cached_property
    def _beside(self) -> tuple[int | None, int | None]:
        return catalog.beside(self._actor.scope, self._actor.id, self.told.id, self.number)

    @property
    def previous_href(self) -> str:
        """The object before; empty at the first."""
        return self._other(self._beside[0])

    @property
    def next_href(self) -> str:
        """The object after; empty at the last."""
        return self._other(self._beside[1])

    @cached_property
    def alike(self) -> int:
        """How many others of its kind wait."""
        return len(catalog.alike(self._actor.scope, self._actor.id, self.entry, _MOST_ALIKE)) if self.is_open else 0

    @property
    def alike_words(self) -> str:
        """The same in words."""
        return f"Paint, and look at {counted(self.alike, 'other')} like it"

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the page stands."""
        return [*crumbs_of(self.told, has_more=True), {"label": f"Object {self.number}"}]

    def _other(self, number: int | None) -> str:
        return url_for("deid_review.show", run_id=self.told.id, number=number) if number is not None else ""

    def _picture(self, frame: int, width: int) -> str:
        spec = RenderSpec(frame=frame, width=width, auto=self.is_auto, plain=True, invert=self.is_inverted)
        return picture(self.entry.source_id or 0, self.entry.blob12, spec)


def _of(area: Area, *, kept: bool) -> BoxRow:
    left, top, right, bottom = area.box
    numbers = [str(number) for number in (left, top, right - left, bottom - top)]
    return _row(area.origin.value, ORIGINS[area.origin], numbers, kept=kept)


def _row(origin: str, words: str, numbers: Sequence[str], *, kept: bool) -> BoxRow:
    left, top, width, height = numbers
    return BoxRow(kept, origin, words, left, top, width, height)
