"""Files that leave the gallery, and waiting for those that are made first."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from dicomgallery.client.connection import Connection
from dicomgallery.client.errors import JobFailedError
from dicomgallery.client.searching import Key, Row, address

PATIENCE_SECONDS: Final = 600.0
_FIRST_LOOK_SECONDS: Final = 0.1
_LONGEST_LOOK_SECONDS: Final = 2.0
_AT_WORK: Final = frozenset({"queued", "running"})
_MAKING: Final = frozenset({"waiting", "working"})


def save(connection: Connection, path: str, to: str | os.PathLike[str]) -> Path:
    """Write what is at an address into a file, which appears when all of it is there."""
    target = Path(to)
    # Beside it, so that it is renamed and not copied; readable by its owner alone, as patients' files should be.
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "wb") as file, connection.pieces(path) as pieces:  # noqa: PTH123 - a handle is no path
            file.writelines(pieces)
        Path(part).replace(target)
    finally:
        Path(part).unlink(missing_ok=True)
    return target


def export(
    connection: Connection, series: Key, asked: dict[str, Any], to: str | os.PathLike[str], timeout_seconds: float
) -> Path:
    """Have a file made of a series, wait for it, and write it; JobFailedError when there is none in time."""
    made = connection.post(address("series", series, "/exports"), asked)
    here = f"/api/v1/exports/{made['id']}"
    done = settled(connection, here, lambda told: told["stage"] in _MAKING, timeout_seconds)
    if done["stage"] != "ready":
        raise JobFailedError(done.get("sentence") or f"The export is {done['stage']}.")
    return save(connection, f"{here}/file", to)


def wait(connection: Connection, job: int, timeout_seconds: float) -> Row:
    """Wait until a job is done; JobFailedError when it fails, is called off, or takes too long."""
    done = settled(connection, f"/api/v1/jobs/{job}", lambda told: told["state"] in _AT_WORK, timeout_seconds)
    if done["state"] != "done":
        raise JobFailedError(f"The job is {done['state']}.")
    return done


def prepared(connection: Connection, timeout_seconds: float) -> None:
    """Wait until no image waits for its pictures and its header's place in the search."""
    settled(connection, "/api/v1/statistics", lambda told: told["unprepared"] > 0, timeout_seconds)


def settled(connection: Connection, path: str, is_at_work: Callable[[Row], bool], timeout_seconds: float) -> Row:
    """Look at what an address tells, ever less often, until nothing is under way; JobFailedError when that is late."""
    deadline = time.monotonic() + timeout_seconds
    pause = _FIRST_LOOK_SECONDS
    while is_at_work(row := cast("Row", connection.told(path))):
        if time.monotonic() > deadline:
            raise JobFailedError(f"It was not done within {timeout_seconds:g} s; it goes on in the gallery.")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)
    return row
