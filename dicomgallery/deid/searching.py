"""A result beside its original: the search for all that identified there, with what the profile makes lawful."""

import mmap
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Final

from dicomgallery.deid import check
from dicomgallery.deid.actions import MODIFIED_DATES
from dicomgallery.deid.dummies import WRITTEN
from dicomgallery.deid.fates import Fate, Judge, Path, by_table
from dicomgallery.deid.profile import Choice, Profile
from dicomgallery.deid.traces import traces_of
from dicomgallery.dicom.prescan import Flawed, prescan
from dicomgallery.dicom.uids import name_of

_SHOWN: Final = 3
_STAYS: Final = {Choice.KEEP: Fate.RETAINED, Choice.CLEAN: Fate.CLEANED}


@dataclass(frozen=True, slots=True)
class Given:
    """What removal has put into a result, which is no leak, and the name that the result goes by."""

    subject: str
    sop_instance_uid: str
    name: str


def searched(original: bytes | mmap.mmap, made: bytes | mmap.mmap, profile: Profile, given: Given) -> check.Leaks:
    """What of an original is found in its result; what an option or an override of the profile keeps may be there.

    Raises UnreadableError for an original that can no longer be read.
    """
    scanned = prescan(original)
    if isinstance(scanned, Flawed):
        return check.Leaks(unreadable=True)
    judge = _judge(profile)
    harmless = [*WRITTEN, given.subject]
    if name_of(given.sop_instance_uid) != given.sop_instance_uid:
        # The standard's own instances, such as color palettes, have names in PS3.6 and stay what they are.
        harmless.append(given.sop_instance_uid)
    traces = traces_of(check.whole_header(original, scanned), judge, harmless=harmless)
    return check.leaks_in(made, traces, name=given.name)


def searched_files(original: FilePath, made: FilePath, profile: Profile, given: Given) -> check.Leaks:
    """The same of two files."""
    with (
        original.open("rb") as before,
        made.open("rb") as after,
        mmap.mmap(before.fileno(), 0, access=mmap.ACCESS_READ) as one,
        mmap.mmap(after.fileno(), 0, access=mmap.ACCESS_READ) as other,
    ):
        return searched(one, other, profile, given)


def told(leaks: check.Leaks) -> str:
    """What was found, in a sentence that names nobody; "" when nothing was."""
    if leaks.is_clean:
        return ""
    if leaks.unreadable:
        return "What was made, or what it was made of, cannot be read again."
    if not leaks.findings:
        return "It holds more values than can be searched for."
    shown = "; ".join(map(str, leaks.findings[:_SHOWN]))
    more = len(leaks.findings) + leaks.left_out - _SHOWN
    return f"The leak check found: {shown}{f'; and {more} more' if more > 0 else ''}."


@lru_cache(maxsize=16)
def _judge(profile: Profile) -> Judge:
    table = by_table(profile.options)
    shifts = MODIFIED_DATES in profile.options
    if not shifts and not profile.overrides:
        return table

    def judge(path: Path, vr: str) -> Fate:
        fate = table(path, vr)
        if fate is Fate.PLAIN:
            return fate
        said = profile.override_of.get(path[-1])
        if said is not None and said.choice in _STAYS:
            return _STAYS[said.choice]
        # Days are moved and times of the day stay, so that every interval does.
        return Fate.RETAINED if shifts and vr == "TM" else fate

    return judge
