"""What the pages of the editor show."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Self

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.catalog import edit_plans, instances
from dicomgallery.catalog.instances import Detail
from dicomgallery.dicom.editing.edits import Deed, Edit
from dicomgallery.dicom.values import counted
from dicomgallery.errors import GalleryError
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.models import EditLine, Instance
from dicomgallery.services import editing
from dicomgallery.services.editing import PAGE, Comparison, Editing, Plan, Reach, Review
from dicomgallery.web import crumbs
from dicomgallery.web.asked import whole
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.forms.edits import reach_of
from dicomgallery.web.tag_table import MOST_ROWS, USUAL_ROWS, TagTable

LINES: Final = 60
VERSIONS: Final = 12
"""Versions whose changes are told on one page."""
DEEDS: Final = {
    Deed.SET: "set",
    Deed.DELETE: "delete",
    Deed.ADD_ITEM: "add an item",
    Deed.REMOVE_ITEM: "remove an item",
}
_LONGEST_TOLD: Final = 160


@dataclass(frozen=True, slots=True)
class Told:
    """A change of a plan in words."""

    tag: str
    name: str
    deed: str
    value: str
    href: str
    remove: str


class EditPage:
    """An image's elements as a plan leaves them, and the form of one."""

    def __init__(self, actor: Actor, found: Detail, plan: Plan | None, shown: Editing) -> None:
        self.actor = actor
        self.found = found
        self.plan = plan
        self.shown = shown
        self.complaint = shown.complaint
        self.typed: Mapping[str, str] = {}
        self.all_rows = False
        self.wanted_reach = Reach.INSTANCE

    @classmethod
    def of(
        cls, actor: Actor, image_id: int, plan: Plan | None, asked: Mapping[str, str], *, complaint: str = ""
    ) -> Self:
        """The page that these parameters, or the form that was refused, ask for."""
        found = instances.detail(actor.scope, image_id)
        path = asked.get("path", "")
        if asked.get("inside") and asked.get("element"):
            path = f"{asked['inside']}.{asked['element'].strip()}"
        elif asked.get("element"):
            path = asked["element"].strip()
        shown = editing.editing(
            image_id, plan, actor=actor, path=path, vr=asked.get("vr", ""), creator=asked.get("creator", "").strip()
        )
        page = cls(actor, found, plan, shown)
        page.all_rows = asked.get("rows") == "all"
        page.wanted_reach = plan.reach if plan is not None else reach_of(asked.get("reach"))
        if complaint:
            page.complaint, page.typed = complaint, asked
        return page

    @property
    def here(self) -> str:
        """The address of this page."""
        if self.plan is not None:
            return url_for("editor.show", plan_id=self.plan.id)
        return url_for("editor.image", image_id=self.found.instance.id)

    @property
    def action(self) -> str:
        """Where a change is sent."""
        return url_for("editor.add", plan_id=self.plan.id) if self.plan is not None else self.here

    @property
    def title(self) -> str:
        """The image in a few words."""
        return self.found.instance.label or f"Image {self.found.instance.id}"

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the page stands."""
        return _crumbs(self.found, "Edit tags")

    @property
    def src(self) -> str:
        """The address of the small picture; empty without one."""
        return _thumbnail(self.found.instance)

    @cached_property
    def table(self) -> TagTable:
        """Every element, with the way to its form."""
        most = MOST_ROWS if self.all_rows else USUAL_ROWS
        return TagTable.of(self.shown.rows, self.found.instance, scope=self.actor.scope, explain="", most=most)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the address carries along while nothing is kept on the server."""
        return [] if self.plan is not None else [("reach", self.wanted_reach.value)]

    def edit_href(self, path: str) -> str:
        """The form of the element at a path."""
        if self.plan is not None:
            return url_for("editor.show", plan_id=self.plan.id, path=path, _anchor="element")
        image_id, reach = self.found.instance.id, self.wanted_reach.value
        return url_for("editor.image", image_id=image_id, path=path, reach=reach, _anchor="element")

    @property
    def changes(self) -> Sequence[Told]:
        """What the plan has gathered."""
        plan = self.plan
        return [] if plan is None else [self._told(number, edit, plan) for number, edit in enumerate(plan.edits)]

    @property
    def reaches(self) -> Sequence[tuple[str, str, str]]:
        """What the plan may reach: value, words, how many images."""
        found = self.found
        several = [
            (Reach.INSTANCE, "This image", 1),
            (Reach.SERIES, "Its series", found.series.instance_count),
            (Reach.STUDY, "Its study", found.study.instance_count),
            (Reach.PATIENT, "Everything of the patient", found.patient.instance_count),
        ]
        told = [(reach.value, words, counted(number, "image")) for reach, words, number in several]
        if self.plan is not None and self.plan.row.selection != "{}":
            told.append((Reach.SELECTION.value, "What was selected", ""))
        return told

    def _told(self, number: int, edit: Edit, plan: Plan) -> Told:
        tag = f"{edit.tag >> 16:04x},{edit.tag & 0xFFFF:04x}"
        value = edit.value
        if edit.deed is Deed.SET and edit.vr.startswith(("O", "UN")):
            value = f"{counted(len(value) * 3 // 4 - value.count('='), 'byte')}, uploaded"
        deed = "empty" if edit.empties else DEEDS[edit.deed]
        remove = url_for("editor.take_back", plan_id=plan.id, number=number)
        cut = value if len(value) <= _LONGEST_TOLD else f"{value[:_LONGEST_TOLD]}…"
        return Told(tag, edit.name, deed, cut, self.edit_href(edit.path), remove)


class ReviewPage:
    """A plan as a diff."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.plan = review.plan

    @property
    def back(self) -> str:
        """Where it is gathered."""
        return url_for("editor.show", plan_id=self.plan.id)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing would be done."""
        return not self.plan.change_count or not self.review.total

    @property
    def range(self) -> str:
        """Which of the images are shown."""
        first, last = self.review.start + 1, self.review.start + len(self.review.previews)
        return f"{first}–{last} of {counted(self.review.total, 'image')}" if self.review.previews else ""  # noqa: RUF001 - a range

    @property
    def previous_href(self) -> str:
        """The images before these."""
        start = self.review.start - PAGE
        return url_for("editor.review", plan_id=self.plan.id, start=max(0, start)) if self.review.start else ""

    @property
    def next_href(self) -> str:
        """The images after these."""
        start = self.review.start + PAGE
        return url_for("editor.review", plan_id=self.plan.id, start=start) if start < self.review.total else ""


class ResultPage:
    """What became of a plan."""

    def __init__(self, actor: Actor, plan: Plan, *, after: int) -> None:
        self.plan = plan
        self.counts = edit_plans.counts(actor.scope, plan.id)
        self.lines: Sequence[EditLine] = edit_plans.lines(actor.scope, plan.id, after=after, limit=LINES + 1)
        rows = {row.id: row for row in instances.rows_of(actor.scope, [line.instance_key for line in self.lines])}
        self.names = {one: row.label or row.file_name or f"Image {one}" for one, row in rows.items()}
        self.job = edit_plans.job_of(actor.scope, plan.id)

    @property
    def is_over(self) -> bool:
        """Say whether the page will not change any more."""
        return self.plan.row.state == "done" or self.is_broken

    @property
    def is_broken(self) -> bool:
        """Say whether the job was given up."""
        return self.plan.row.state != "done" and (self.job is None or self.job.state in {"failed", "cancelled"})

    @property
    def total(self) -> int:
        """How many images the plan reaches."""
        return sum(self.counts.values())

    @property
    def shown(self) -> Sequence[EditLine]:
        """The lines of this page."""
        return self.lines[:LINES]

    @property
    def next_href(self) -> str:
        """The lines after these."""
        more = len(self.lines) > LINES
        return url_for("editor.show", plan_id=self.plan.id, after=self.lines[LINES - 1].id) if more else ""

    @property
    def newest(self) -> int:
        """What became of the image that the plan began on; itself when nothing did."""
        results = [line.result_key for line in self.lines if line.instance_key == self.plan.row.base_key]
        return next((one for one in results if one), self.plan.row.base_key)

    @property
    def back(self) -> str:
        """The page of that image."""
        return image_page(self.newest)


class HistoryPage:
    """The versions of an object."""

    def __init__(self, actor: Actor, image_id: int, asked: Mapping[str, str]) -> None:
        self.actor = actor
        self.found = instances.detail(actor.scope, image_id)
        self.versions = instances.history(actor.scope, image_id)
        ids = [version.id for version in self.versions]
        older, newer = whole(asked.get("older", "")), whole(asked.get("newer", ""))
        self.pair: tuple[int, int] | None = None
        if older is not None and newer is not None and older in ids and newer in ids and older != newer:
            self.pair = older, newer
        self.plans = edit_plans.made_by_plan(actor.scope, ids)

    @property
    def title(self) -> str:
        """The image in a few words."""
        return self.found.instance.label or f"Image {self.found.instance.id}"

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the page stands."""
        return _crumbs(self.found, "History")

    @property
    def current(self) -> Instance | None:
        """The version that the gallery shows."""
        return next((version for version in self.versions if version.is_current), None)

    @cached_property
    def chosen(self) -> Comparison | None:
        """What two versions differ in that somebody chose."""
        return editing.compare(*self.pair, actor=self.actor) if self.pair is not None else None

    @cached_property
    def steps(self) -> Mapping[int, Comparison]:
        """What each version changed of the one before it, by its id; of the newest few."""
        found = {}
        for new, old in list(pairwise(self.versions))[:VERSIONS]:
            # A version whose file cannot be read still stands in the list.
            with suppress(GalleryError):
                found[new.id] = editing.compare(old.id, new.id, actor=self.actor)
        return found

    def number(self, instance_id: int) -> int:
        """Which version an instance is, counted from the oldest, 1."""
        return len(self.versions) - [version.id for version in self.versions].index(instance_id)

    def src(self, version: Instance) -> str:
        """The address of a version's small picture."""
        return _thumbnail(version)


def _thumbnail(instance: Instance) -> str:
    is_made = instance.has_pixels and instance.render_state in {"ready", "pending"}
    return picture(instance.id, instance.blob_sha256, THUMBNAIL) if is_made else ""


def _crumbs(found: Detail, here: str) -> crumbs.Crumbs:
    above = crumbs.of_image("Image", found.series, found.study, found.patient)
    label = found.instance.label or f"Image {found.instance.id}"
    return [*above[:-1], {"label": label, "href": image_page(found.instance.id), "identity": True}, {"label": here}]
