"""The one page of a run: what it will do, how far it is, and what it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.catalog import deid as catalog
from dicomgallery.catalog import deid_review
from dicomgallery.catalog.deid import RunItem
from dicomgallery.deid.actions import Deed
from dicomgallery.deid.profile import Choice
from dicomgallery.dicom.values import grouped
from dicomgallery.errors import GalleryError
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.models import DeidProfile, Study
from dicomgallery.services import deid_runs
from dicomgallery.services.deid_runs import KEPT, Forecast, Preview, PreviewRow
from dicomgallery.serving import paging
from dicomgallery.web import crumbs
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.deidentify.words import CHOICES, STATES, Told, burned_in_of, options_of, overrides_of

ROWS: Final = 250
ITEMS: Final = 100
_ALL: Final = "all"
_LONGEST: Final = 1000
_SHOWN: Final = {deed.name.lower(): deed.value for deed in Deed} | {KEPT: KEPT, _ALL: "every element"}


@dataclass(frozen=True, slots=True)
class Way:
    """A narrower view of a list: what it is called, how much it holds, and where it is."""

    label: str
    href: str
    current: bool
    count: str


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An object of a run with what leads to it, as far as the asker may see that."""

    number: int
    state: str
    reason: str
    source: str
    result: str
    changes: str


class RunPage:
    """A run, and what somebody asked to see of it."""

    def __init__(self, actor: Actor, run_id: int, asked: Mapping[str, str], complaint: str = "") -> None:
        self.told = Told(deid_runs.of(run_id, actor=actor))
        self.complaint = complaint
        self._actor = actor
        self._asked = asked

    @property
    def id(self) -> int:
        """Its row."""
        return self.told.id

    @property
    def stage(self) -> str:
        """How it stands."""
        return self.told.account.stage

    @property
    def is_going(self) -> bool:
        """Whether the page should look again by itself."""
        return self.stage in {"waiting", "working"}

    @cached_property
    def is_counting(self) -> bool:
        """Whether what a draft would change is being counted."""
        return self.stage == "draft" and self.told.account.counting in {"queued", "running"}

    @property
    def options(self) -> Sequence[object]:
        """The options to choose from."""
        return options_of(self.told.profile)

    @property
    def burned_in(self) -> Sequence[object]:
        """What can become of text in the pixels."""
        return burned_in_of(self.told.account.run.burned_in)

    @property
    def overrides(self) -> Sequence[object]:
        """What is treated otherwise."""
        return overrides_of(self.told.profile)

    @property
    def choices(self) -> Sequence[tuple[Choice, str]]:
        """How an attribute can be treated otherwise."""
        return list(CHOICES.items())

    @cached_property
    def profiles(self) -> Sequence[DeidProfile]:
        """The profiles that are kept."""
        return catalog.profiles(self._actor.scope)

    @property
    def number(self) -> int:
        """The object that is looked at."""
        text = self._asked.get("object", "1")
        wanted = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1
        return min(max(wanted, 1), max(1, self.told.account.run.object_count))

    @property
    def action(self) -> str:
        """Which elements are looked at: those that meet an action, all, or those that change."""
        wanted = self._asked.get("action", "")
        return wanted if wanted in _SHOWN else ""

    @property
    def tag(self) -> str:
        """The attribute to be treated otherwise."""
        return self._asked.get("tag", "")[:20]

    @property
    def choice(self) -> str:
        """How it is to be treated."""
        return self._asked.get("choice", "")[:20]

    @property
    def reason(self) -> str:
        """And why."""
        return self._asked.get("reason", "")[:_LONGEST]

    @cached_property
    def preview(self) -> Preview | None:
        """What the object would be; None, and `why_no_preview` says why."""
        try:
            return deid_runs.preview(self.id, self.number, actor=self._actor)
        except GalleryError as error:
            self.why_no_preview = error.message
            return None

    why_no_preview: str = ""

    @cached_property
    def _matching(self) -> Sequence[PreviewRow]:
        return self.preview.of(self.action) if self.preview else []

    @cached_property
    def _from(self) -> int:
        return paging.start(len(self._matching))

    @property
    def rows(self) -> Sequence[PreviewRow]:
        """The elements of this page."""
        return self._matching[self._from : self._from + ROWS]

    @property
    def rows_told(self) -> str:
        """Which of how many elements these are; empty when they are all."""
        total = len(self._matching)
        if total <= ROWS:
            return ""
        return f"Elements {self._from + 1} to {min(self._from + ROWS, total)} of {grouped(total)}."

    @property
    def more_href(self) -> str:
        """The elements after these."""
        after = self._from + ROWS
        return self.at(start=after) if after < len(self._matching) else ""

    @property
    def src(self) -> str:
        """A small picture of the object as it is."""
        return picture(self.preview.instance_id, self.preview.blob12, THUMBNAIL) if self.preview else ""

    @property
    def source_href(self) -> str:
        """The page of the object as it is."""
        return image_page(self.preview.instance_id) if self.preview else ""

    @property
    def actions(self) -> Sequence[Way]:
        """The actions that elements of the object meet."""
        if self.preview is None:
            return []
        counts = self.preview.counts
        changed = sum(number for action, number in counts.items() if action != KEPT)
        ways = [("", "what changes", changed), *((name, _SHOWN[name], number) for name, number in counts.items())]
        return [Way(label, self.at(action=name), name == self.action, grouped(number)) for name, label, number in ways]

    def at(self, number: int = 0, action: str | None = None, start: int = 0, tag: str = "") -> str:
        """The page at another object, action or attribute."""
        args = [("object", str(number or self.number)), ("action", self.action if action is None else action)]
        args += [("from", str(start))] if start else []
        args += [("tag", tag)] if tag else []
        return paging.address(self.told.href, [(name, value) for name, value in args if value])

    @cached_property
    def forecast(self) -> Forecast | None:
        """What the draft would change over all objects, where that was counted or is soon counted."""
        return deid_runs.forecast(self.id, actor=self._actor)

    @property
    def forecast_counts(self) -> Sequence[tuple[str, str]]:
        """The same in words and numbers."""
        return _in_words(self.forecast.actions) if self.forecast else []

    @property
    def counts(self) -> Sequence[tuple[str, str]]:
        """What was done to elements of all objects."""
        return _in_words(self.told.account.actions)

    @property
    def ends(self) -> Sequence[tuple[str, str, str]]:
        """How many objects ended how: state, words, number."""
        counts = self.told.account.counts
        return [(state, words, grouped(counts[state])) for state, words in STATES.items() if counts.get(state)]

    @property
    def item_state(self) -> str:
        """Which objects are listed: at first those that somebody should look at, if there are any."""
        wanted = self._asked.get("state", "")
        if wanted in STATES:
            return wanted
        counts = self.told.account.counts
        return next((state for state in ("quarantined", "failed", "skipped", "done") if counts.get(state)), "done")

    @property
    def states(self) -> Sequence[Way]:
        """The outcomes, each a list of objects."""
        return [
            Way(words, paging.address(self.told.href, [("state", state)]), state == self.item_state, number)
            for state, words, number in self.ends
        ]

    @cached_property
    def _found(self) -> Sequence[RunItem]:
        text = self._asked.get("after", "")
        after = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
        return catalog.items(self._actor.scope, self.id, state=self.item_state, after=after, limit=ITEMS + 1)

    @property
    def items(self) -> Sequence[ShownItem]:
        """The objects that ended so."""
        return [_item(found) for found in self._found[:ITEMS]]

    @property
    def items_after(self) -> str:
        """The objects after these."""
        if len(self._found) <= ITEMS:
            return ""
        after = str(self._found[ITEMS - 1].item.number)
        return paging.address(self.told.href, [("state", self.item_state), ("after", after)])

    @cached_property
    def reviewed(self) -> int:
        """How many objects were set apart for a person to look at their pixels."""
        return sum(deid_review.counts(self._actor.scope, self._actor.id, self.id).values())

    @cached_property
    def studies(self) -> Sequence[tuple[Study, str]]:
        """The studies that were made, with their titles."""
        return [(one, crumbs.study_title(one)) for one in catalog.studies(self._actor.scope, self.id)]

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the page stands."""
        return [{"label": "De-identification", "href": url_for("deidentify.index")}, {"label": self.told.title}]


def _in_words(actions: Mapping[str, int]) -> Sequence[tuple[str, str]]:
    """Actions and numbers, the most frequent first."""
    found = sorted(actions.items(), key=lambda one: -one[1])
    return [(_SHOWN.get(name, name), grouped(number)) for name, number in found]


def _item(found: RunItem) -> ShownItem:
    item = found.item
    return ShownItem(
        item.number,
        STATES[item.state],
        item.reason,
        image_page(found.source_id) if found.source_id else "",
        image_page(found.result_id) if found.result_id else "",
        grouped(item.changes) if item.changes else "",
    )
