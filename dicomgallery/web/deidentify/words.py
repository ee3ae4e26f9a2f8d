"""What pages say of de-identification: the standard's names of things, and what they mean here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import url_for

from dicomgallery.catalog.deid import Account
from dicomgallery.deid.profile import CLEAN_PIXEL, Choice, Override, Profile, from_json
from dicomgallery.dicom.structure import name_of_tag
from dicomgallery.dicom.values import counted, grouped
from dicomgallery.services import deid_runs
from dicomgallery.services.deidentifying import BurnedIn


@dataclass(frozen=True, slots=True)
class Option:
    """An option, or another thing to choose, as a form offers it."""

    name: str
    title: str
    about: str
    is_chosen: bool = False
    why_not: str = ""


OPTIONS: Final = {
    "retain_safe_private": ("Retain Safe Private", "Private elements that are known to be harmless stay."),
    "retain_uids": ("Retain UIDs", "All UIDs stay as they are."),
    "retain_device": ("Retain Device Identity", "Which device made it, with its serial numbers, stays."),
    "retain_institution": ("Retain Institution Identity", "Where it was made stays."),
    "retain_patient_chars": ("Retain Patient Characteristics", "Age, sex, size, weight and the like stay."),
    "retain_long_full_dates": (
        "Retain Longitudinal Temporal Information, Full Dates",
        "Dates and times stay as they are.",
    ),
    "retain_long_modif_dates": (
        "Retain Longitudinal Temporal Information, Modified Dates",
        "All days of a patient move back by one number of days, so that every interval stays.",
    ),
    "clean_desc": ("Clean Descriptors", "Of descriptions and comments, words of medicine and technique stay."),
    "clean_struct": ("Clean Structured Content", "Reports keep what names nobody."),
    "clean_graph": (
        "Clean Graphics",
        "Graphics and annotations keep what names nobody; overlay planes go all the same.",
    ),
}
"""The options of PS3.15 E.3 that are columns of Table E.1-1; the one about pixels goes with what becomes of them."""

CLEAN_PIXEL_TITLE: Final = "Clean Pixel Data"
BURNED_IN: Final = {
    BurnedIn.QUARANTINE: ("Set apart", "What may have text in its pixels waits for a person, and no copy is made."),
    BurnedIn.BLANK: ("Paint black", "Areas that rules name are painted black in every frame (Clean Pixel Data)."),
    BurnedIn.KEEP: ("Leave", "Pixels stay as they are, whatever may be written in them."),
}
CHOICES: Final = {
    Choice.KEEP: "keep it",
    Choice.REMOVE: "remove it",
    Choice.EMPTY: "empty it",
    Choice.DUMMY: "put a dummy in its place",
    Choice.NEW_UID: "give it a new UID",
    Choice.SHIFT: "move its date",
    Choice.CLEAN: "clean its text",
}
STATES: Final = {
    "done": "de-identified",
    "quarantined": "set apart",
    "failed": "failed",
    "skipped": "left out",
    "waiting": "waiting",
}
_STAGES: Final = {
    "draft": "draft",
    "waiting": "waiting for its turn",
    "working": "under way",
    "stopped": "broke off",
    "done": "done",
    "cancelled": "called off",
}


def options_of(profile: Profile) -> Sequence[Option]:
    """The options that a run in the gallery can take."""
    return [
        Option(name, title, about, name in profile.options, deid_runs.KEEPS_UIDS if name == "retain_uids" else "")
        for name, (title, about) in OPTIONS.items()
    ]


def burned_in_of(chosen: str) -> Sequence[Option]:
    """What can become of text in the pixels."""
    return [Option(way.value, title, about, way.value == chosen) for way, (title, about) in BURNED_IN.items()]


def option_titles(names: Sequence[str]) -> Sequence[str]:
    """Options by the names that the standard gives them."""
    return [CLEAN_PIXEL_TITLE if name == CLEAN_PIXEL else OPTIONS.get(name, (name,))[0] for name in names]


def profile_title(profile: Profile) -> str:
    """A profile by its name and version; the Basic one has a single version."""
    return "Basic Profile" if profile.name == "basic" else f"{profile.name}, version {profile.version}"


def tag_text(tag: int) -> str:
    """A tag as the standard writes it."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


@dataclass(frozen=True, slots=True)
class ShownOverride:
    """An override in words."""

    tag: str
    name: str
    choice: str
    reason: str


def overrides_of(profile: Profile, most: int = 200) -> Sequence[ShownOverride]:
    """The overrides of a profile, by tag; of very many the first."""
    return [_override(tag, said) for tag, said in profile.overrides[:most]]


def _override(tag: int, said: Override) -> ShownOverride:
    return ShownOverride(tag_text(tag), name_of_tag(tag), CHOICES[said.choice], said.reason)


@dataclass(frozen=True)
class Told:
    """A run as lists and pages tell it."""

    account: Account

    @property
    def id(self) -> int:
        """Its row."""
        return self.account.run.id

    @property
    def title(self) -> str:
        """What it is called."""
        return f"De-identification {self.account.run.id}"

    @property
    def href(self) -> str:
        """Its page."""
        return url_for("deidentify.show", run_id=self.account.run.id)

    @property
    def stage(self) -> str:
        """How it stands, in words."""
        return _STAGES[self.account.stage]

    @property
    def objects(self) -> str:
        """How many objects it has."""
        return counted(self.account.run.object_count, "object")

    @property
    def progress(self) -> str:
        """How far it is."""
        return f"{grouped(self.account.settled)} of {grouped(self.account.run.object_count)}"

    @property
    def profile(self) -> Profile:
        """Its profile."""
        return from_json(self.account.run.profile)

    @property
    def profile_title(self) -> str:
        """Its profile by name and version, and how many options it takes."""
        profile = self.profile
        options = f" with {counted(len(profile.options), 'option')}" if profile.options else ""
        return profile_title(profile) + options

    @property
    def burned_in(self) -> str:
        """What becomes of text in the pixels, in a word."""
        return BURNED_IN[BurnedIn(self.account.run.burned_in)][0]
