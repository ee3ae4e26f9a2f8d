"""The contact sheets of what waits for a person: several objects at once, each with its boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.catalog import deid_review as catalog
from dicomgallery.catalog.deid_review import Entry, Stage
from dicomgallery.dicom.values import counted, grouped
from dicomgallery.imaging.spec import RenderSpec
from dicomgallery.services import deid_runs
from dicomgallery.services.deid_runs.review import areas
from dicomgallery.services.deid_runs.review.areas import Area, Origin
from dicomgallery.services.deid_runs.review.deciding import MOST_ALIKE
from dicomgallery.serving import paging
from dicomgallery.web import crumbs
from dicomgallery.web.asked import whole
from dicomgallery.web.cards import picture
from dicomgallery.web.deidentify.words import Told

SHEET: Final = 24
_OF_SHEET: Final = RenderSpec(frame=1, width=512, plain=True).token()
"""Nothing is drawn over the pixels, and no shutter hides any: what lies under it would leave with them."""
STAGES: Final = {
    Stage.OPEN: "to look at",
    Stage.SEARCHING: "being searched",
    Stage.ACCEPT: "to be painted",
    Stage.REJECT: "nothing burned in",
    Stage.LEAVE: "left in quarantine",
    Stage.WORKING: "under way",
    Stage.DONE: "done",
    Stage.CLOSED: "ended otherwise",
}
ORIGINS: Final = {
    Origin.RULE: "by rule",
    Origin.FOUND: "found by the detector",
    Origin.AGAIN: "found after painting",
    Origin.DRAWN: "drawn by you",
}
_DECIDED: Final = frozenset({Stage.ACCEPT, Stage.REJECT, Stage.LEAVE, Stage.WORKING, Stage.DONE})
_TO_DO: Final = (Stage.ACCEPT, Stage.REJECT)


@dataclass(frozen=True, slots=True)
class Choice:
    """A stage, as a narrower view."""

    label: str
    href: str
    current: bool
    count: str


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A box as it is drawn."""

    left: int
    top: int
    width: int
    height: int
    origin: str
    label: str


@dataclass(frozen=True, slots=True)
class Tile:
    """An object on a contact sheet."""

    number: int
    href: str
    src: str
    columns: int
    rows: int
    boxes: Sequence[ShownBox]
    stage: str
    stage_words: str
    about: str
    note: str


class QueuePage:
    """The queue of a run, some of it at a time."""

    def __init__(self, actor: Actor, run_id: int, asked: Mapping[str, str]) -> None:
        self.told = Told(deid_runs.of(run_id, actor=actor))
        self._actor = actor
        self._asked = asked

    @property
    def id(self) -> int:
        """The row of the run."""
        return self.told.id

    @cached_property
    def _counts(self) -> Mapping[Stage, int]:
        return catalog.counts(self._actor.scope, self._actor.id, self.id)

    @property
    def total(self) -> int:
        """How many objects the queue holds."""
        return sum(self._counts.values())

    @property
    def total_words(self) -> str:
        """The same in words."""
        return counted(self.total, "object")

    @property
    def searching(self) -> int:
        """How many are still searched for writing."""
        return self._counts.get(Stage.SEARCHING, 0)

    @property
    def working(self) -> int:
        """How many the run is at."""
        return self._counts.get(Stage.WORKING, 0)

    @property
    def open(self) -> int:
        """Of how many nothing is decided."""
        return self._counts.get(Stage.OPEN, 0)

    @property
    def to_do(self) -> int:
        """How many decisions can be carried out."""
        return sum(self._counts.get(stage, 0) for stage in _TO_DO)

    @property
    def to_do_words(self) -> str:
        """The same in words."""
        return counted(self.to_do, "object")

    @property
    def can_undo(self) -> bool:
        """Whether a decision is still only a decision."""
        return bool(self.to_do or self._counts.get(Stage.LEAVE))

    @property
    def can_carry_out(self) -> bool:
        """Whether what was decided can be done now."""
        return bool(self.to_do) and self.told.account.stage == "done"

    @property
    def is_going(self) -> bool:
        """Whether the page should look again by itself."""
        return bool(self.searching or self.working) and self.told.account.stage in {"waiting", "working", "done"}

    @property
    def stage(self) -> Stage | None:
        """Which objects are looked at: at first those of which nothing is decided, if there are any."""
        wanted = self._asked.get("stage", "")
        if wanted in set(Stage):
            return Stage(wanted)
        return Stage.OPEN if self.open and wanted != "all" else None

    @property
    def choices(self) -> Sequence[Choice]:
        """The stages that objects are in."""
        ways = [("all", "all", self.total, self.stage is None)]
        ways += [
            (stage.value, words, self._counts[stage], stage is self.stage)
            for stage, words in STAGES.items()
            if self._counts.get(stage)
        ]
        return [Choice(words, self._at(stage=name), now, grouped(number)) for name, words, number, now in ways]

    @cached_property
    def _found(self) -> Sequence[Entry]:
        stages = (self.stage,) if self.stage else ()
        after = whole(self._asked.get("after", "")) or 0
        return catalog.entries(self._actor.scope, self._actor.id, self.id, stages=stages, after=after, limit=SHEET + 1)

    @property
    def tiles(self) -> Sequence[Tile]:
        """The objects of this sheet."""
        return [tile(entry) for entry in self._found[:SHEET]]

    @property
    def next_href(self) -> str:
        """The sheet after this."""
        if len(self._found) <= SHEET:
            return ""
        return self._at(stage=self.stage.value if self.stage else "all", after=str(self._found[SHEET - 1].item.number))

    @property
    def first_href(self) -> str:
        """The first object of which nothing is decided."""
        number = catalog.next_open(self._actor.scope, self._actor.id, self.id, 0)
        return url_for("deid_review.show", run_id=self.id, number=number) if number is not None else ""

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the page stands."""
        return crumbs_of(self.told)

    def _at(self, **args: str) -> str:
        return paging.address(url_for("deid_review.index", run_id=self.id), list(args.items()))


class AlikePage:
    """Objects of one kind, with what was decided about one of them."""

    def __init__(self, actor: Actor, run_id: int, number: int) -> None:
        self.told = Told(deid_runs.of(run_id, actor=actor))
        self.number = number
        self._pattern = catalog.entry(actor.scope, actor.id, run_id, number)
        self._others = catalog.alike(actor.scope, actor.id, self._pattern, MOST_ALIKE + 1)
        self.is_decided = self._pattern.decision is not None and self._pattern.stage in _DECIDED
        following = catalog.next_open(actor.scope, actor.id, run_id, number)
        self.onward = (
            url_for("deid_review.show", run_id=run_id, number=following)
            if following is not None
            else url_for("deid_review.index", run_id=run_id)
        )

    @property
    def tiles(self) -> Sequence[Tile]:
        """Each of them with the boxes that were decided, not its own."""
        decided = areas_shown(self._pattern) if self.is_decided else []
        return [tile(entry, decided) for entry in self._others[:MOST_ALIKE]]

    @property
    def verdict(self) -> str:
        """What was decided, in words."""
        return STAGES[self._pattern.stage]

    @property
    def boxes(self) -> str:
        """How many boxes that has."""
        return counted(len(areas_shown(self._pattern)), "box", "boxes")

    @property
    def left_out(self) -> str:
        """That there are more, when there are."""
        return f"These are the first {MOST_ALIKE}; the others come after." if len(self._others) > MOST_ALIKE else ""

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the page stands."""
        return [*crumbs_of(self.told, has_more=True), {"label": f"Like object {self.number}"}]


def areas_shown(entry: Entry) -> list[Area]:
    """The boxes of an object: those that were decided, else those that are proposed."""
    if entry.decision is not None or entry.stage in _DECIDED:
        return areas.read(entry.decision.boxes) if entry.decision is not None else []
    return areas.read(entry.review.proposed)


def tile(entry: Entry, decided: Sequence[Area] | None = None) -> Tile:
    """An object of the queue on a contact sheet, with its own boxes or those decided for another."""
    review = entry.review
    boxes = areas_shown(entry) if decided is None else decided
    frames = f", {counted(review.frames, 'frame')}" if review.frames > 1 else ""
    is_closed = entry.stage is Stage.CLOSED
    return Tile(
        review.number,
        url_for("deid_review.show", run_id=review.run_id, number=review.number),
        picture(entry.source_id, entry.blob12, _OF_SHEET) if entry.source_id else "",
        review.columns,
        review.rows,
        drawn(boxes),
        entry.stage.value,
        STAGES[entry.stage],
        (counted(len(boxes), "box", "boxes") if boxes else "no box") + frames,
        entry.item.reason if is_closed else review.note,
    )


def drawn(some: Sequence[Area]) -> list[ShownBox]:
    """Boxes as they are drawn, and named."""
    return [
        ShownBox(
            area.box.left,
            area.box.top,
            area.box.right - area.box.left,
            area.box.bottom - area.box.top,
            area.origin.value,
            f"Box {place}, {ORIGINS[area.origin]}",
        )
        for place, area in enumerate(some, 1)
    ]


def crumbs_of(told: Told, *, has_more: bool = False) -> list[dict[str, object]]:
    """The way to the queue of a run."""
    here: dict[str, object] = {"label": "Review of burned-in text"}
    if has_more:
        here["href"] = url_for("deid_review.index", run_id=told.id)
    return [
        {"label": "De-identification", "href": url_for("deidentify.index")},
        {"label": told.title, "href": told.href},
        here,
    ]
