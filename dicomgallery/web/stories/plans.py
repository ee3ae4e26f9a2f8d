"""Radiotherapy plans as a sheet: prescriptions, fractions, beams, and where the gantry stands."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from dicomgallery.access import Actor
from dicomgallery.catalog import instances
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.beams import Beam
from dicomgallery.dicom.display_colors import as_hex, own_color
from dicomgallery.dicom.plans import Plan, Share, plan_of
from dicomgallery.models import Instance
from dicomgallery.services.inspecting import Content
from dicomgallery.web.cards import image_page
from dicomgallery.web.glance import Fact

RING: Final = 100.0
"""The radius of the gantry's way in the drawing, whose middle is the isocenter."""
_WORDS: Final = 113.0
_FULL_TURN: Final = 359.9
_APART: Final = 9.0
_TRACKS: Final = 5
_NEAR: Final = 9.0
"""Degrees; beams nearer than this share the place of their words."""


@dataclass(frozen=True, slots=True)
class Ray:
    """A beam in the drawing of the gantry: where it comes from, and the way the gantry turns meanwhile."""

    beam: Beam
    color: str
    x: float
    y: float
    word_x: float
    word_y: float
    arc: str
    """As the path of an SVG; empty when the gantry stands still."""
    head: str
    words: str
    """The numbers of all beams that come from here."""


@dataclass
class PlanStory:
    """A plan as a sheet to read."""

    actor: Actor
    plan: Plan
    template = "stories/plan.html"
    has_steps = False

    @classmethod
    def of(cls, actor: Actor, _instance: Instance, content: Content) -> Self | None:
        """The story of a plan; None when it plans nothing."""
        plan = plan_of(content.dataset)
        return cls(actor, plan) if plan else None

    @cached_property
    def rays(self) -> list[Ray]:
        """The beams in the drawing, seen from the foot of the couch; 0 degrees is above (IEC 61217)."""
        found: list[Ray] = []
        turning = 0
        for place, beam in enumerate(self.plan.beams):
            if beam.gantry is None:
                continue
            # Ways that would hide one another lie side by side.
            radius = RING - _APART * (turning % _TRACKS) if beam.turn else RING
            turning += bool(beam.turn)
            start, word = _bearing(beam.gantry, radius), _bearing(beam.gantry, _WORDS)
            found.append(
                Ray(beam, self.color(place), *start, *word, *_arc(beam.gantry, beam, radius), self._words(beam))
            )
        return found

    def _words(self, beam: Beam) -> str:
        """The numbers of all beams from about here, at the first of them; at the others nothing."""
        near = [one for one in self.plan.beams if _is_near(one, beam)]
        if not near or near[0] is not beam:
            return ""
        return ", ".join(str(one.number) for one in near[:3]) + (", …" if len(near) > 3 else "")

    def color(self, place: int) -> str:
        """The color of a beam."""
        return as_hex(own_color(place))

    def shares(self, beam: Beam) -> list[Share]:
        """What a beam gives in a fraction, group by group."""
        return [share for group in self.plan.groups for share in group.beams if share.number == beam.number]

    def setup_shares(self, number: int | None) -> list[Share]:
        """What an application setup gives in a fraction, group by group."""
        return [share for group in self.plan.groups for share in group.setups if share.number == number]

    @property
    def facts(self) -> list[Fact]:
        """What else there is to know, and what the plan refers to, as links where it is here."""
        plan = self.plan
        found: list[Fact] = [
            {"label": "Patient lies", "value": ", ".join(plan.positions)},
            {"label": "Geometry", "value": plan.geometry},
            {"label": "Technique", "value": plan.technique},
            {"label": "Sources", "value": ", ".join(plan.sources)},
        ]
        related = {"Structure set": plan.structure_sets, "Dose": plan.doses, "Other plan": plan.plans}
        for label, uids in related.items():
            here = [one for uid in uids if (one := self._here.get(uid))]
            found += [{"label": label, "value": one.label or label, "href": image_page(one.id)} for one in here]
            if len(here) < len(uids):
                found.append({"label": label, "value": "not in this gallery"})
        return found

    @cached_property
    def _here(self) -> Mapping[str, Slice]:
        uids = (*self.plan.structure_sets, *self.plan.doses, *self.plan.plans)
        return instances.by_sop_uids(self.actor.scope, uids)


def _bearing(degrees: float, radius: float) -> tuple[float, float]:
    """A place on a circle as a clock has it: 0 above, 90 on the right."""
    turned = math.radians(degrees)
    return round(radius * math.sin(turned), 2), round(-radius * math.cos(turned), 2)


def _arc(start: float, beam: Beam, radius: float) -> tuple[str, str]:
    """The way of the gantry and the head of its arrow, as paths; empty when it stands still."""
    if not beam.turn:
        return "", ""
    turn = max(-_FULL_TURN, min(_FULL_TURN, beam.turn))
    way = math.copysign(1, turn)
    (x, y), (to_x, to_y) = _bearing(start, radius), _bearing(start + turn, radius)
    arc = f"M{x} {y}A{radius:g} {radius:g} 0 {int(abs(turn) > 180)} {int(turn > 0)} {to_x} {to_y}"
    inner, outer = _bearing(start + turn, radius - 7), _bearing(start + turn, radius + 7)
    corners = (inner, _bearing(start + turn + way * 7, radius), outer)
    return arc, "M" + "L".join(f"{at_x} {at_y}" for at_x, at_y in corners) + "Z"


def _is_near(one: Beam, other: Beam) -> bool:
    if one.gantry is None or other.gantry is None:
        return False
    return abs((one.gantry - other.gantry + 180) % 360 - 180) < _NEAR
