"""The page that asks what a series is to leave as."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.catalog import marks
from dicomgallery.catalog import series as catalog_series
from dicomgallery.catalog.instances import images_of
from dicomgallery.dicom import values
from dicomgallery.services import exports
from dicomgallery.services.exports import MOST, MOVIES, PICTURES, SHEETS, VALUES, Kind, Of
from dicomgallery.web import crumbs
from dicomgallery.web.cards import picture
from dicomgallery.web.exports.asking import look_of
from dicomgallery.web.exports.words import ABOUT, OF, TITLES, Choice
from dicomgallery.web.look import Look

_GROUPS = {"Pictures": PICTURES | SHEETS, "Movies": MOVIES, "Values": VALUES}
_LONGEST = 24


class Form:
    """A series, and how somebody wants it to leave."""

    def __init__(self, actor: Actor, key: str, sent: Mapping[str, str], complaint: str = "") -> None:
        found = catalog_series.by_key(actor.scope, key)
        self.page = catalog_series.page(actor.scope, found.id)
        self.series = self.page.series
        self.look = look_of(sent)
        self.complaint = complaint
        self._sent = sent
        self._actor = actor

    @property
    def title(self) -> str:
        """What the series is called."""
        return crumbs.series_title(self.series)

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the page stands."""
        return [*crumbs.of_series(self.series, self.page.study, self.page.patient), {"label": "Export"}]

    @cached_property
    def count(self) -> int:
        """How many pictures the viewer steps through."""
        return len(images_of(self.page.slices))

    @property
    def kind(self) -> str:
        """What is chosen."""
        wanted = self._sent.get("kind", "")
        return wanted if wanted in set(Kind) else Kind.PNG.value

    @property
    def of(self) -> str:
        """What its pictures show."""
        wanted = self._sent.get("of", "")
        return wanted if wanted in set(Of) else Of.STACK.value

    @property
    def groups(self) -> Sequence[tuple[str, Sequence[Choice]]]:
        """The kinds of file, by what they are for."""
        return [
            (name, [Choice(kind, TITLES[kind], ABOUT[kind], exports.why_not(kind)) for kind in Kind if kind in kinds])
            for name, kinds in _GROUPS.items()
        ]

    @property
    def shows(self) -> Sequence[tuple[str, str]]:
        """What the pictures can show."""
        return [(of.value, words) for of, words in OF.items()]

    @property
    def looks(self) -> Sequence[tuple[str, str, bool]]:
        """The windows to choose from, as the form sends them: parameters, words, and whether it is the present one."""
        bare = Look(window=self.look.window, auto=self.look.auto, voi=self.look.voi)
        ways = [(way.label, way.look) for way in Look().windows([], self.series.modality)]
        if bare not in [look for _, look in ways]:
            ways.insert(0, ("As you looked at it", bare))
        return [(look.query().removeprefix("?"), _named(label, look), look == bare) for label, look in ways]

    @cached_property
    def marks_count(self) -> int:
        """How many marks people drew on it."""
        return len(marks.outlined(self._actor.scope, self.series.id))

    @property
    def limits(self) -> str:
        """How many pictures each kind takes, where that is few."""
        most = {kind: values.grouped(number) for kind, number in MOST.items()}
        return (
            f"At most {most[Kind.SHEET]} on a contact sheet, {most[Kind.PDF]} in its PDF, {most[Kind.GIF]} in a GIF "
            f"or WebP, {most[Kind.MP4]} in an MP4."
        )

    @property
    def src(self) -> str:
        """The middle picture, looked at as the viewer did."""
        images = images_of(self.page.slices)
        if not images:
            return ""
        one, frame = images[len(images) // 2]
        return picture(one.id, one.blob12, replace(self.look.spec, frame=frame, width=512))

    @property
    def action(self) -> str:
        """Where the form goes."""
        return url_for("exports.create", key=str(self.series.id))

    def text(self, name: str, usual: str = "") -> str:
        """What stands in a field."""
        return self._sent.get(name, usual)[:_LONGEST]


def _named(label: str, look: Look) -> str:
    if look.window is None:
        return f"{label}, window {look.voi}" if look.voi else label
    return f"{label} ({look.window.width:g} / {values.with_minus(f'{look.window.center:g}')})"
