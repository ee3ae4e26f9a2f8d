"""The search of what was made for all that identified in its original; what is not clean must not go out."""

import mmap
from functools import lru_cache
from typing import Final

from dicomgallery.deid import check
from dicomgallery.deid.actions import MODIFIED_DATES
from dicomgallery.deid.dummies import WRITTEN
from dicomgallery.deid.engine import Deidentified
from dicomgallery.deid.fates import Fate, Judge, Path, by_table
from dicomgallery.deid.profile import Choice, Profile
from dicomgallery.deid.traces import traces_of
from dicomgallery.dicom.prescan import Flawed, prescan
from dicomgallery.dicom.uids import name_of

_SHOWN: Final = 3
_STAYS: Final = {Choice.KEEP: Fate.RETAINED, Choice.CLEAN: Fate.CLEANED}


def objection(
    original: bytes | mmap.mmap, made: bytes | mmap.mmap, done: Deidentified, *, profile: Profile, name: str
) -> str:
    """Why a result must not go out, in words that name nobody; "" when nothing of its original is found in it."""
    return told(searched(original, made, done, profile=profile, name=name))


def searched(
    original: bytes | mmap.mmap, made: bytes | mmap.mmap, done: Deidentified, *, profile: Profile, name: str
) -> check.Leaks:
    """What of an original is found in its result; what an option or an override of the profile keeps may be there."""
    scanned = prescan(original)
    if isinstance(scanned, Flawed):
        return check.Leaks(unreadable=True)
    judge = _judge(profile)
    harmless = [*WRITTEN, done.subject]
    if name_of(done.sop_instance_uid) != done.sop_instance_uid:
        # The standard's own instances, such as color palettes, have names in PS3.6 and stay what they are.
        harmless.append(done.sop_instance_uid)
    traces = traces_of(check.whole_header(original, scanned), judge, harmless=harmless)
    return check.leaks_in(made, traces, name=name)


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
