"""Files of the caches: they appear whole, say when they were last used, and may say why there is nothing."""

import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final, TypeVar

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

FRESH_SECONDS: Final = 60
"""Nothing younger is cleared away: somebody may be about to read it."""
KEPT_SHARE: Final = 0.9
"""Clearing goes a little below the limit, so that it does not start again at once."""
LEFT_SECONDS: Final = 3600
"""What is aside and older than this was left by a making that broke off."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Cleared:
    """What a clearing of a cache took away, and what it left."""

    items: int
    size_bytes: int
    left_bytes: int


def clear(items: Iterable[tuple[float, int, Item]], limit_bytes: int, remove: Callable[[Item], object]) -> Cleared:
    """Bring items, each with its last use and its size, under a limit: what was used longest ago goes first."""
    found = sorted(items, key=itemgetter(0))
    held = sum(size for _, size, _ in found)
    gone = gone_bytes = 0
    if held > limit_bytes:
        newest = time.time() - FRESH_SECONDS
        for used_at, size, item in found:
            if held <= limit_bytes * KEPT_SHARE or used_at > newest:
                break
            # Somebody else may have cleared it away.
            with contextlib.suppress(FileNotFoundError):
                remove(item)
            held, gone, gone_bytes = held - size, gone + 1, gone_bytes + size
    return Cleared(gone, gone_bytes, held)


def folders(root: Path) -> list[Path]:
    """The folders in a folder, which need not be there."""
    try:
        return sorted(path for path in root.iterdir() if path.is_dir())
    except FileNotFoundError:
        return []


def remove_other_versions(root: Path) -> None:
    """Remove what other versions made: the folders beside this one."""
    for version in folders(root.parent):
        if version != root:
            shutil.rmtree(version, ignore_errors=True)


def remove_left_aside(root: Path) -> None:
    """Remove what was begun aside, under a name with a dot, and never came to its place."""
    for path in root.glob(".*") if root.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime < LEFT_SECONDS:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def touch(path: Path, used_at: float, *, after_seconds: float) -> None:
    """Note that a file is used, once that was last noted longer ago."""
    if time.time() - used_at > after_seconds:
        # Cleared away in this moment: whoever reads it finds out.
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)


def write(path: Path, data: bytes) -> None:
    """Make a file appear whole; OSError when the disk refuses."""
    made = path.with_name(f".{secrets.token_hex(8)}")
    try:
        try:
            made.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            made.write_bytes(data)
        made.replace(path)
    except OSError:
        made.unlink(missing_ok=True)
        raise


def write_failure(path: Path, refusal: CannotRenderError) -> None:
    """Keep why something could not be made; OSError when the disk refuses."""
    write(path, json.dumps({"reason": refusal.reason.value, "detail": refusal.detail}).encode())


def read_failure(path: Path, *, may_pass: Collection[RenderReason], retry_seconds: float) -> CannotRenderError | None:
    """Why something could not be made; None when nobody has tried, or another try after so long may help."""
    try:
        with path.open("rb") as file:
            age = time.time() - os.fstat(file.fileno()).st_mtime
            told = json.load(file)
    except FileNotFoundError:
        return None
    refusal = CannotRenderError(RenderReason(told["reason"]), told["detail"])
    return None if refusal.reason in may_pass and age > retry_seconds else refusal
