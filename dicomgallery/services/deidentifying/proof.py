"""The search of what was made for all that identified in its original; what is not clean must not go out."""

import mmap
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from dicomgallery.deid import check
from dicomgallery.deid.actions import MODIFIED_DATES
from dicomgallery.deid.dummies import WRITTEN
from dicomgallery.deid.engine import Deidentified
from dicomgallery.deid.fates import Fate, Judge, Path, by_table
from dicomgallery.deid.traces import traces_of
from dicomgallery.dicom.prescan import Flawed, prescan

_SHOWN: Final = 3


def objection(
    original: bytes | mmap.mmap,
    made: bytes | mmap.mmap,
    done: Deidentified,
    *,
    options: Collection[str],
    name: str,
) -> str:
    """Why a result must not go out, in words that name nobody; "" when nothing of its original is found in it."""
    scanned = prescan(original)
    if isinstance(scanned, Flawed):
        return "Its original cannot be read again."
    judge = _judge(frozenset(options))
    traces = traces_of(check.whole_header(original, scanned), judge, harmless=(*WRITTEN, done.subject))
    leaks = check.leaks_in(made, traces, name=name)
    if leaks.is_clean:
        return ""
    if leaks.unreadable:
        return "What was made cannot be read again."
    if not leaks.findings:
        return "It holds more values than can be searched for."
    shown = "; ".join(map(str, leaks.findings[:_SHOWN]))
    more = len(leaks.findings) + leaks.left_out - _SHOWN
    return f"The leak check found: {shown}{f'; and {more} more' if more > 0 else ''}."


@lru_cache(maxsize=16)
def _judge(options: frozenset[str]) -> Judge:
    table = by_table(options)
    if MODIFIED_DATES not in options:
        return table

    def judge(path: Path, vr: str) -> Fate:
        # Days are moved and times of the day stay, so that every interval does.
        fate = table(path, vr)
        return Fate.RETAINED if vr == "TM" and fate is not Fate.PLAIN else fate

    return judge
