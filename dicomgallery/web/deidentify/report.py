"""The report of a run as a page to print."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import url_for

from dicomgallery.access import Actor
from dicomgallery.deid.actions import Deed
from dicomgallery.dicom.structure import name_of_tag
from dicomgallery.dicom.values import counted, grouped
from dicomgallery.services import deid_runs
from dicomgallery.web import crumbs
from dicomgallery.web.deidentify.words import BURNED_IN, CHOICES, Told, option_titles

MOST_OBJECTS: Final = 2000
_DEEDS: Final = {deed.name.lower(): deed.value for deed in Deed}
_OUTCOMES: Final = {"written": "de-identified", "quarantined": "set apart", "failed": "failed or left out"}


class ReportPage:
    """A report that was signed, and whether it still is what was signed."""

    def __init__(self, actor: Actor, run_id: int) -> None:
        self.told = Told(deid_runs.of(run_id, actor=actor))
        self.read = deid_runs.check(deid_runs.report(run_id, actor=actor), self.told.account.run.workspace_id)
        self.said: Mapping[str, Any] = self.read.said

    @property
    def facts(self) -> Sequence[Mapping[str, object]]:
        """What it says at a glance."""
        said, profile = self.said, self.said["profile"]
        return [
            {"label": "Made by", "value": f"DICOM Gallery {said['program']}"},
            {"label": "By the rules of", "value": "PS3.15 E.1, Table E.1-1"},
            {"label": "Profile", "value": f"{profile['name']}, version {profile['version']}"},
            {"label": "Options", "value": "; ".join(option_titles(profile["options"])) or "none"},
            {"label": "Text in pixels", "value": BURNED_IN[said["burned in"]][0]},
            {"label": "Started", "value": _moment(said["began"])},
            {"label": "Finished", "value": _moment(said["ended"])},
            {"label": "Objects", "value": grouped(said["counts"]["objects"])},
        ]

    @property
    def overrides(self) -> Sequence[tuple[str, str, str, str]]:
        """What was treated otherwise, how, and why: name, tag, deed, reason."""
        return [
            (name_of_tag(int(one["of"][1:5] + one["of"][6:10], 16)), one["of"], CHOICES[one["action"]], one["reason"])
            for one in self.said["profile"]["overrides"]
        ]

    @property
    def counts(self) -> Sequence[tuple[str, str]]:
        """How many objects ended how, what was painted, and who has looked at pixels."""
        counts = self.said["counts"]
        outcomes = counts["outcomes"]
        ended = [(words, grouped(outcomes[name])) for name, words in _OUTCOMES.items() if outcomes[name]]
        areas = "area painted black" if counts["boxes"] == 1 else "areas painted black"
        painted = [(areas, grouped(counts["boxes"]))] if counts["boxes"] else []
        seen = [(f"reviewed by {who}", grouped(number)) for who, number in counts["reviewers"].items()]
        return [*ended, *painted, *seen]

    @property
    def actions(self) -> Sequence[tuple[str, str]]:
        """How many elements met which action, the most frequent first."""
        found = sorted(self.said["counts"]["actions"].items(), key=lambda one: -one[1])
        return [(_DEEDS.get(name, name), grouped(number)) for name, number in found]

    @property
    def leak_check(self) -> str:
        """What the leak check came to, in a sentence."""
        counts = self.said["counts"]
        searched = counts["objects"] - counts["not searched"]
        found = counts["leaks"]
        came = f"{counted(found, 'value')} found, and no copy of these objects taken in" if found else "nothing found"
        return (
            f"{counted(searched, 'result')} searched, byte by byte and value by value, for each value of the original "
            f"that identifies: {came}."
        )

    @property
    def objects(self) -> Sequence[Mapping[str, Any]]:
        """The first objects, each with its hashes."""
        return [{**one, "outcome": _OUTCOMES[one["outcome"]]} for one in self.said["objects"][:MOST_OBJECTS]]

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
    return written.replace("T", " ").replace("Z", " UTC")
