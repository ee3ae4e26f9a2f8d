"""The folder of finished exports: each a file under the id of its row, appearing by rename, all together under a limit.

exports/<id>         a finished file
exports/.<hex>/      one that is being made, and what it is made from
"""

import errno
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from dicomgallery import settings
from dicomgallery.errors import RefusedError

LEFT_SECONDS: Final = 6 * 3600
"""What is aside and was not touched for so long was left by a making that broke off."""
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DISK_FULL: Final = "The gallery's disk is full, so the file was not kept. Free some space and ask for it again."


def path_of(export_id: int) -> Path:
    """Where the file of an export is kept."""
    return settings.current().exports / str(export_id)


@contextmanager
def aside() -> Iterator[Path]:
    """A folder to make an export in; what is left of it goes."""
    folder = settings.current().exports / f".{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700, parents=True)
    settings.current().exports.chmod(0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(made: Path, export_id: int) -> tuple[int, str]:
    """Keep a finished file, flushed to the disk; gives its size and SHA-256."""
    with made.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
        size_bytes = os.fstat(file.fileno()).st_size
    made.chmod(0o600)
    made.replace(path_of(export_id))
    return size_bytes, digest


def remove(export_id: int) -> None:
    """Remove the file of an export, if there is one; who is reading it reads on."""
    path_of(export_id).unlink(missing_ok=True)


def check_room() -> None:
    """Refuse, in a sentence, to go on when all exports together take more than they may."""
    limit = settings.current().export_bytes
    if _held_bytes() > limit:
        raise RefusedError(
            f"All exports together may take {limit / 1e9:.3g} GB, and this one would take more. "
            "Remove some that are no longer needed, or take fewer pictures."
        )


def kept() -> list[Path]:
    """What lies in the folder now, finished or not."""
    folder = settings.current().exports
    return list(folder.iterdir()) if folder.is_dir() else []


def sweep(paths: Iterable[Path], known: Collection[int]) -> int:
    """Remove those of these files whose exports are not known, and what broken-off makings left; how many went."""
    gone = 0
    for path in paths:
        with suppress(FileNotFoundError):
            is_aside = path.name.startswith(".")
            if is_aside and time.time() - path.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
                gone += 1
            elif not is_aside and not (path.name.isdecimal() and int(path.name) in known):
                path.unlink()
                gone += 1
    return gone


def _held_bytes() -> int:
    held = 0
    for parent, _, names in os.walk(settings.current().exports):
        for name in names:
            with suppress(FileNotFoundError):
                held += (Path(parent) / name).stat().st_size
    return held
