"""The report of a run as a page to print."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.deid.actions import Deed
from dicomgallery.deid.profile import Profile, from_json
from dicomgallery.dicom.values import grouped
from dicomgallery.services import deid_runs
from dicomgallery.web import crumbs
from dicomgallery.web.deidentify.words import BURNED_IN, STATES, Told, option_titles, overrides_of, profile_title

MOST_OBJECTS: Final = 2000
_DEEDS: Final = {deed.name.lower(): deed.value for deed in Deed}


class ReportPage:
    """A report that was signed, and whether it still is what was signed."""

    def __init__(self, actor: Actor, run_id: int) -> None:
        self.told = Told(deid_runs.of(run_id, actor=actor))
        self.read = deid_runs.check(deid_runs.report(run_id, actor=actor), self.told.account.run.workspace_id)
        self.said: Mapping[str, Any] = self.read.said

    @property
    def profile(self) -> Profile:
        """The profile that was used."""
        return from_json(json.dumps(self.said["profile"]))

    @property
    def facts(self) -> Sequence[Mapping[str, object]]:
        """What it says at a glance."""
        return [
            {"label": "Made by", "value": self.said["program"]},
            {"label": "By the rules of", "value": self.said["standard"]},
            {"label": "Profile", "value": profile_title(self.profile)},
            {"label": "Options", "value": "; ".join(self.options) or "none"},
            {"label": "Text in pixels", "value": BURNED_IN[self.said["burned_in"]][0]},
            {"label": "Started", "value": _moment(self.said["started_at"])},
            {"label": "Finished", "value": _moment(self.said["finished_at"])},
            {"label": "Objects", "value": grouped(len(self.said["objects"]))},
        ]

    @property
    def options(self) -> Sequence[str]:
        """The options by the standard's names."""
        return option_titles(self.said["profile"]["options"])

    @property
    def overrides(self) -> Sequence[object]:
        """What was treated otherwise, and why."""
        return overrides_of(self.profile, most=5000)

    @property
    def counts(self) -> Sequence[tuple[str, str]]:
        """How many objects ended how."""
        counts = self.said["counts"]
        return [(words, grouped(counts[state])) for state, words in STATES.items() if state in counts]

    @property
    def actions(self) -> Sequence[tuple[str, str]]:
        """How many elements met which action."""
        found = sorted(self.said["actions"].items(), key=lambda one: -one[1])
        return [(_DEEDS.get(name, name), grouped(number)) for name, number in found]

    @property
    def objects(self) -> Sequence[Mapping[str, Any]]:
        """The first objects, each with its hashes."""
        return [{**one, "outcome": STATES[one["outcome"]]} for one in self.said["objects"][:MOST_OBJECTS]]

    @property
    def left_out(self) -> int:
        """How many more stand in the JSON alone."""
        return max(0, len(self.said["objects"]) - MOST_OBJECTS)

    @property
    def crumbs(self) -> crumbs.Crumbs:
        """Where the page stands."""
        return [
            {"label": "De-identification", "href": url_for("deidentify.index")},
            {"label": self.told.title, "href": self.told.href},
            {"label": "Report"},
        ]


def _moment(written: str) -> str:
    return written.replace("T", " ").replace("+00:00", " UTC")
