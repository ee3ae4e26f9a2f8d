"""What is to be done with identity: a named, versioned value that goes to JSON and comes back checked."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

from dicomgallery.dicom import deid_table
from dicomgallery.errors import RefusedError

CLEAN_PIXEL: Final = "clean_pixel"
OPTIONS: Final = (*deid_table.OPTIONS, CLEAN_PIXEL)
"""The option columns of PS3.15 Table E.1-1, and the option about pixels, which has no column."""
SHORT_OPTIONS: Final = {
    "retain_full_dates": "retain_long_full_dates",
    "retain_modif_dates": "retain_long_modif_dates",
}
"""Shorter names that are taken for options."""
MOST_OVERRIDES: Final = 5000
_LONGEST: Final = 1000
_TAG: Final = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")


class Choice(StrEnum):
    """What an override may ask for."""

    KEEP = "keep"
    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "dummy"
    NEW_UID = "new_uid"
    SHIFT = "shift"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Override:
    """Another action for one attribute, wherever it stands, and why."""

    choice: Choice
    reason: str


@dataclass(frozen=True)
class Profile:
    """The Basic Profile with the options that are chosen and the attributes that are treated otherwise."""

    name: str = "basic"
    version: int = 1
    options: frozenset[str] = frozenset()
    overrides: tuple[tuple[int, Override], ...] = ()

    @cached_property
    def override_of(self) -> Mapping[int, Override]:
        """The overrides by tag."""
        return dict(self.overrides)

    def with_options(self, *names: str) -> "Profile":
        """The same with more options; RefusedError in words for one that is not known."""
        chosen = {_option(name) for name in names}
        return Profile(self.name, self.version, self.options | chosen, self.overrides)

    def as_json(self) -> str:
        """The profile as JSON that `from_json` reads."""
        overrides = {
            f"({tag >> 16:04X},{tag & 0xFFFF:04X})": {"action": said.choice.value, "reason": said.reason}
            for tag, said in self.overrides
        }
        options = [option for option in OPTIONS if option in self.options]
        return json.dumps(
            {"name": self.name, "version": self.version, "options": options, "overrides": overrides}, indent=2
        )


BASIC: Final = Profile()
"""The Basic Application Level Confidentiality Profile without options."""


def from_json(text: str | bytes) -> Profile:
    """Read a profile; RefusedError says in words what is wrong with it."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedError("The profile is not JSON.") from error
    if not isinstance(said, dict):
        raise RefusedError("The profile must be a JSON object with name, version, options and overrides.")
    if unknown := sorted(set(said) - {"name", "version", "options", "overrides"}):
        raise RefusedError(f"The profile says {unknown[0][:40]!r}, which is not known.")
    name, version = said.get("name", "basic"), said.get("version", 1)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise RefusedError("The profile's name must be 1 to 40 letters, digits, spaces, dots, hyphens or underscores.")
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version < 10**6:
        raise RefusedError("The profile's version must be a whole number above 0.")
    options = said.get("options", [])
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        raise RefusedError("The profile's options must be a list of names.")
    return Profile(name, version, overrides=_overrides(said.get("overrides", {}))).with_options(*options)


def _option(name: str) -> str:
    option = SHORT_OPTIONS.get(name, name)
    if option not in OPTIONS:
        raise RefusedError(f"There is no option {name[:40]!r}. The options are {', '.join(OPTIONS)}.")
    return option


def _overrides(said: Any) -> tuple[tuple[int, Override], ...]:
    if not isinstance(said, dict):
        raise RefusedError("The profile's overrides must be an object of tags.")
    if len(said) > MOST_OVERRIDES:
        raise RefusedError(f"A profile holds at most {MOST_OVERRIDES} overrides.")
    overrides = {_tag(written): _override(written, asked) for written, asked in said.items()}
    return tuple(sorted(overrides.items(), key=itemgetter(0)))


def _tag(written: str) -> int:
    found = _TAG.fullmatch(written)
    if found is None:
        raise RefusedError(f"{written[:40]!r} is not a tag such as (0010,0010).")
    return int(found[1] + found[2], 16)


def _override(written: str, asked: Any) -> Override:
    choice, reason = (asked.get("action"), asked.get("reason")) if isinstance(asked, dict) else (None, None)
    if choice not in set(Choice):
        raise RefusedError(f"The action for {written[:40]} must be one of {', '.join(Choice)}.")
    if not isinstance(reason, str) or not reason.strip() or len(reason) > _LONGEST:
        raise RefusedError(f"The override of {written[:40]} needs a reason in words.")
    return Override(Choice(choice), reason.strip())
