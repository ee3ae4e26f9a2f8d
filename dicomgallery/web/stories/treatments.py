"""Radiotherapy treatment records as a sheet: what was to be given, what was given, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from dicomgallery.access import Actor
from dicomgallery.catalog import instances
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.treatments import Delivery, Treatment, treatment_of
from dicomgallery.models import Instance
from dicomgallery.services.inspecting import Content
from dicomgallery.web.cards import image_page
from dicomgallery.web.glance import Fact


@dataclass
class TreatmentStory:
    """A treatment record as a sheet to read."""

    actor: Actor
    treatment: Treatment
    template = "stories/treatment.html"
    has_steps = False

    @classmethod
    def of(cls, actor: Actor, _instance: Instance, content: Content) -> Self | None:
        """The story of a treatment record; None when it records nothing."""
        treatment = treatment_of(content.dataset)
        return cls(actor, treatment) if treatment else None

    @property
    def title(self) -> str:
        """What kind of record it is."""
        return "Treatment so far" if self.treatment.is_summary else "Treatment session"

    @property
    def is_brachytherapy(self) -> bool:
        """Say whether sources were applied, and no beam."""
        return bool(self.treatment.deliveries) and all(one.unit == "s" for one in self.treatment.deliveries)

    @property
    def unusual(self) -> list[Delivery]:
        """The deliveries that did not end as they should."""
        return [one for one in self.treatment.deliveries if one.is_short or one.end.status not in ("", "normal")]

    @property
    def facts(self) -> list[Fact]:
        """What else there is to know, and what the record refers to, as links where it is here."""
        told = self.treatment
        found: list[Fact] = [
            {"label": "Machine", "value": told.machine},
            {"label": "First treatment", "value": told.first},
            {"label": "Latest treatment", "value": told.latest},
            {"label": "Fraction group", "value": "" if told.group is None else str(told.group)},
            {"label": "Fractions planned", "value": "" if told.planned is None else str(told.planned)},
        ]
        for label, uids in {"Plan": told.plans, "Other record": told.records}.items():
            here = [one for uid in uids if (one := self._here.get(uid))]
            found += [
                {"label": label, "value": one.label or label, "href": image_page(one.id), "identity": True}
                for one in here
            ]
            if len(here) < len(uids):
                found.append({"label": label, "value": "not in this gallery"})
        return found

    @cached_property
    def _here(self) -> Mapping[str, Slice]:
        return instances.by_sop_uids(self.actor.scope, (*self.treatment.plans, *self.treatment.records))
