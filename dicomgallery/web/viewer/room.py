"""What every tab of the viewer shares: the series, the way back, the tabs, the rail of the study's series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.catalog import cards, studies
from dicomgallery.catalog import series as catalog_series
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.series import SeriesPage
from dicomgallery.dicom import values
from dicomgallery.models import Series, Study
from dicomgallery.web import crumbs
from dicomgallery.web.cards import thumbnail
from dicomgallery.web.viewer import asking

TABS: Final = {"slices": "Slices", "planes": "Planes", "3d": "3D", "tags": "Tags"}
MOST_IN_RAIL: Final = 60
MOST_STUDIES_BESIDE: Final = 8
MOST_BESIDE: Final = 40
"""Series of the patient's other studies."""


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A series of the study, in the rail."""

    id: int
    title: str
    modality: str
    count: int
    href: str
    src: str
    is_here: bool = False
    step: str = ""
    """Where the keys for the series before and after lead."""
    study: str = ""
    """What another study of the patient is called, where its first series stands."""


@dataclass(frozen=True, slots=True)
class Room:
    """A series in the viewer."""

    actor: Actor
    page: SeriesPage
    tab: str
    kept: Mapping[str, str]
    """What goes along from tab to tab."""
    panes: Sequence[tuple[str, str]]
    """Which series stand beside each other, as the address says it; the script puts them there."""

    @classmethod
    def of(cls, actor: Actor, key: str, args: Mapping[str, str]) -> Self:
        """The room of the series of this row id or UID; NotFoundError when there is none."""
        found = catalog_series.by_key(actor.scope, key)
        tab = args.get("tab", "")
        kept = {name: args[name][:24] for name in ("image", "center", "width", "window", "set") if args.get(name)}
        page = catalog_series.page(actor.scope, found.id)
        return cls(actor, page, tab if tab in TABS else "slices", kept, asking.panes(args))

    @property
    def series(self) -> Series:
        """The series itself."""
        return self.page.series

    @property
    def here(self) -> str:
        """The address of the viewer, without what is looked at."""
        return viewer_page(self.series.id)

    def as_png(self, view: str) -> str:
        """The picture of a view of this viewer, by its address."""
        return url_for("viewer.picture", key=str(self.series.id)) + view.removeprefix(self.here)

    @property
    def title(self) -> str:
        """What the series is called."""
        return crumbs.series_title(self.series)

    @property
    def person(self) -> Sequence[str]:
        """The patient, as they stand in a corner."""
        patient, study = self.page.patient, self.page.study
        about = (values.display_sex(patient.sex), values.display_age(study.age))
        parts = (crumbs.patient_name(patient), patient.patient_id, ", ".join(one for one in about if one))
        return [part for part in dict.fromkeys(parts) if part]

    @property
    def origin(self) -> Sequence[str]:
        """Where and when it was made, and what it is called."""
        study = self.page.study
        when = f"{values.display_date(study.date)} {values.display_time(study.time)}".strip()
        return [part for part in (study.institution, when, self.series.description) if part]

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the viewer stands."""
        above = crumbs.of_series(self.series, self.page.study, self.page.patient)
        return [*above, {"label": "Viewer"}]

    @property
    def tabs(self) -> Sequence[dict[str, object]]:
        """The tabs as links."""
        kept = {**self.kept, **dict(self.panes)}
        return [
            {
                "label": label,
                "href": viewer_page(self.series.id, tab=None if tab == "slices" else tab, **kept),
                "current": tab == self.tab,
            }
            for tab, label in TABS.items()
        ]

    @property
    def rail(self) -> Sequence[Neighbor]:
        """The series of the study by number; of very many those about this one."""
        siblings = self.page.siblings
        at = next((place for place, one in enumerate(siblings) if one.id == self.series.id), 0)
        start = max(0, min(at - MOST_IN_RAIL // 2, len(siblings) - MOST_IN_RAIL))
        steps = {at - 1: "previous-series", at + 1: "next-series"}
        near = self._neighbors(siblings[start : start + MOST_IN_RAIL])
        return [
            replace(one, is_here=one.id == self.series.id, step=steps.get(place, ""))
            for place, one in enumerate(near, start)
        ]

    @property
    def left_out(self) -> int:
        """How many series of the study the rail has no room for."""
        return max(0, len(self.page.siblings) - MOST_IN_RAIL)

    @property
    def elsewhere(self) -> Sequence[Neighbor]:
        """Series of the patient's other studies, the newest first, to be looked at beside this one."""
        others = [
            one for one in studies.of_patient(self.actor.scope, self.page.patient.id) if one.id != self.page.study.id
        ]
        rows: list[Series] = []
        begins: dict[int, Study] = {}
        for study in others[:MOST_STUDIES_BESIDE]:
            some = catalog_series.of_study(self.actor.scope, study.id)[: MOST_BESIDE - len(rows)]
            begins |= {one.id: study for one in some[:1]}
            rows += some
        # Their cards are asked for at once, whichever study they are of.
        return [
            replace(one, study=crumbs.study_title(begins[one.id])) if one.id in begins else one
            for one in self._neighbors(rows)
        ]

    def _neighbors(self, rows: Sequence[Series]) -> list[Neighbor]:
        shown = {card.id: card for card in cards.of(self.actor.scope, Level.SERIES, [one.id for one in rows])}
        return [
            Neighbor(
                id=one.id,
                title=crumbs.series_title(one),
                modality=one.modality,
                count=one.instance_count,
                href=viewer_page(one.id),
                src=thumbnail(shown[one.id]) if one.id in shown else "",
            )
            for one in rows
        ]


def viewer_page(series_id: int, **query: Any) -> str:
    """The address of the viewer of a series."""
    return url_for("viewer.show", key=str(series_id), **query)
