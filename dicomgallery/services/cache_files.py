"""Files of the caches: they appear whole, say when they were last used, and may say why there is nothing."""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

FRESH_SECONDS: Final = 60
"""Nothing younger is cleared away: somebody may be about to read it."""
KEPT_SHARE: Final = 0.9
"""Clearing goes a little below the limit, so that it does not start again at once."""


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
