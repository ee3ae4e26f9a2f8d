"""What the pages that compare headers show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from flask import url_for

from dicomgallery.catalog.instances import Detail
from dicomgallery.catalog.series import SeriesPage
from dicomgallery.dicom import differences
from dicomgallery.dicom.differences import Change, Difference
from dicomgallery.dicom.spreads import Apart, Spread
from dicomgallery.dicom.told import Told
from dicomgallery.dicom.values import counted
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.services.comparing import MOST_IMAGES, Looked
from dicomgallery.serving import paging
from dicomgallery.web import crumbs
from dicomgallery.web.cards import image_page, picture
from dicomgallery.web.explaining import may_identify

ROWS: Final = 500
"""Elements on a page."""


class Shown(StrEnum):
    """Which elements a page lists."""

    DIFFERS = "differs"
    WHOLE = "whole"
    """Of two series, those that hold for the whole of each."""
    ALL = "all"

    @classmethod
    def parse(cls, args: Mapping[str, str], *, series: bool = False) -> "Shown":
        """What the address asks for; what differs unless it asks for something else."""
        known = set(cls) if series else {cls.DIFFERS, cls.ALL}
        return next((one for one in known if one.value == args.get("show")), cls.DIFFERS)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared."""

    title: str
    href: str
    modality: str
    about: Sequence[str]
    src: str
    identity: bool

    @classmethod
    def of_image(cls, found: Detail) -> "Side":
        """An image, by its label."""
        one = found.instance
        state = "" if found.is_visible else "in the bin" if one.binned_at else "replaced by a newer file"
        about = (crumbs.series_title(found.series), f"number {one.number}" if one.number is not None else "", state)
        src = picture(one.id, one.blob_sha256, THUMBNAIL.token()) if one.has_pixels else ""
        title = one.label or f"Image {one.id}"
        return cls(
            title, image_page(one.id), found.series.modality, [part for part in about if part], src, identity=True
        )

    @classmethod
    def of_series(cls, page: SeriesPage) -> "Side":
        """A series, by its description."""
        series = page.series
        pictured = [one for one in page.slices if one.frames]
        cover = pictured[len(pictured) // 2] if pictured else None
        src = picture(cover.id, cover.blob12, THUMBNAIL.token()) if cover else ""
        number = f"series {series.number}" if series.number is not None else ""
        about = [part for part in (crumbs.study_title(page.study), number, counted(len(page.slices), "image")) if part]
        href = url_for("series.show", series_id=series.id)
        return cls(crumbs.series_title(series), href, series.modality, about, src, identity=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A value in a cell."""

    words: str
    raw: str
    """As stored, where that says more."""
    vr: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """An element beside itself."""

    key: str
    tag: str
    name: str
    creator: str
    within: Sequence[str]
    change: Change
    before: Said | None
    after: Said | None
    identity: bool

    @property
    def vr(self) -> str:
        """Its value representation, or both where they differ."""
        vrs = [one.vr for one in (self.before, self.after) if one is not None and one.vr]
        return " → ".join(dict.fromkeys(vrs))


@dataclass(frozen=True)
class Tab:
    """The rows of a page, and the ways to the others."""

    rows: Sequence[Row]
    show: Shown
    here: str
    series: bool = False

    @cached_property
    def start(self) -> int:
        """Where the page begins."""
        return paging.start(len(self.rows))

    @property
    def on_page(self) -> Sequence[Row]:
        """Those on this page."""
        return self.rows[self.start : self.start + ROWS]

    @property
    def next(self) -> str:
        """The page after it; empty at the end."""
        following = self.start + ROWS
        args = [("show", self.show.value), ("from", str(following))]
        return paging.address(self.here, args) if following < len(self.rows) else ""

    @property
    def summary(self) -> str:
        """How many elements differ, and how."""
        by_kind = {kind: sum(1 for row in self.rows if row.change is kind) for kind in Change}
        words = {Change.CHANGED: "changed", Change.REMOVED: "only in the first", Change.ADDED: "only in the second"}
        parts = [f"{by_kind[kind]} {text}" for kind, text in words.items() if by_kind[kind]]
        if not parts:
            return "Nothing differs."
        differ = sum(by_kind.values()) - by_kind[Change.SAME]
        over = "more than " if len(self.rows) >= differences.MOST else ""
        return f"{over}{counted(differ, 'element')} {'differs' if differ == 1 else 'differ'}: {', '.join(parts)}."

    @property
    def ways(self) -> Sequence[dict[str, object]]:
        """What else can be shown."""
        labels = {Shown.DIFFERS: "What differs", Shown.WHOLE: "One value in each series", Shown.ALL: "All elements"}
        return [
            {"label": label, "href": paging.address(self.here, [("show", one.value)]), "current": one is self.show}
            for one, label in labels.items()
            if self.series or one is not Shown.WHOLE
        ]


@dataclass(frozen=True, slots=True)
class Column:
    """An element that varies, as the head of a column."""

    name: str
    tag: str
    within: str
    number: bool
    identity: bool
    about: str


def rows_of_images(found: Sequence[Difference]) -> list[Row]:
    """The elements of two images."""
    return [_row(one, one.change, _of_told(one.before), _of_told(one.after)) for one in found]


def rows_of_series(found: Sequence[Apart], show: Shown) -> list[Row]:
    """The elements of two series that are to be shown."""
    return [
        _row(one.either, one.change, _of_spread(one.before), _of_spread(one.after))
        for one in found
        if show is Shown.ALL or (one.change is not Change.SAME and not (show is Shown.WHOLE and one.varies))
    ]


def notes_of(looked: Sequence[Looked]) -> list[str]:
    """What was not looked at, in words."""
    left_out, unread = sum(one.left_out for one in looked), sum(one.unread for one in looked)
    notes = []
    if left_out:
        notes.append(f"Only the first {MOST_IMAGES} images of a series are looked at; {left_out} more are not.")
    if unread:
        notes.append(f"The headers of {counted(unread, 'image')} are not read yet, or cannot be.")
    return notes


def column(spread: Spread) -> Column:
    """The head of a column of the table of what varies."""
    tag = f"{spread.tag >> 16:04x},{spread.tag & 0xFFFF:04x}"
    within = ", ".join(spread.within)
    return Column(spread.name, tag, within, spread.is_number, may_identify(spread.tag), spread.words)


def matrix_rows(
    found: Sequence[tuple[int, Sequence[Told | None]]], start: int, columns: int
) -> Iterator[tuple[int, str, Sequence[Said | None]]]:
    """The images of a page: place, address, and what each says in each column."""
    for place, (image_id, said) in enumerate(found, start + 1):
        yield place, image_page(image_id), [_of_told(one) for one in said[:columns]]


def _row(one: Difference | Spread, change: Change, before: Said | None, after: Said | None) -> Row:
    return Row(
        key=one.path.replace("[", "-").replace("].", "-").lower(),
        tag=f"{one.tag >> 16:04x},{one.tag & 0xFFFF:04x}",
        name=one.name,
        creator=one.creator,
        within=one.within,
        change=change,
        before=before,
        after=after,
        identity=may_identify(one.tag),
    )


def _of_told(one: Told | None) -> Said | None:
    return None if one is None else Said(one.words, one.raw if one.raw != one.words else "", one.vr)


def _of_spread(one: Spread | None) -> Said | None:
    if one is None:
        return None
    if one.only is not None:
        return _of_told(one.only)
    vrs = dict.fromkeys(said.vr for said in one.counts if said is not None)
    return Said(one.words, "", "/".join(vrs))
