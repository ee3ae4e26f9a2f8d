"""Fetches OHIF as npm's registry has it: `python -m dicomgallery.supervisor.fetching`.

It runs once, niced, after a start with DICOMGALLERY_OHIF_PORT set. The package is one pinned file, checked against its
committed hash before anything is read from it; nothing of it is run here, and no Node is needed.
"""

import base64
import gzip
import hashlib
import http.client
import os
import re
import shutil
import sys
import tarfile
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final

from dicomgallery import ohif
from dicomgallery import settings as setting
from dicomgallery.settings import MIB
from dicomgallery.supervisor.alone import alone

LARGEST_PACKAGE: Final = 200 * MIB
LARGEST_CONTENT: Final = 800 * MIB
MOST_FILES: Final = 5000
_LONGEST_SECONDS: Final = 900
_SILENT_SECONDS: Final = 30
_CHUNK: Final = 1 << 18

_INSIDE: Final = "package/dist/"
_LICENSE: Final = "package/LICENSE"
_NAME: Final = re.compile(r"[\w-][\w.@+-]*(/[\w-][\w.@+-]*)*", re.ASCII)
_LEFT_OUT: Final = re.compile(r"ort/.*|.*\.map")
"""Two thirds of the package: a runtime of neural networks, which OHIF would ask another host for; and source maps."""


class CannotFetchError(Exception):
    """Why OHIF cannot be had, in a sentence for whoever would open it."""


def main() -> int:
    """Fetch OHIF unless it is there or another process is at it; return the exit code."""
    data = setting.load().data
    if ohif.is_there(data):
        return 0
    try:
        fetch(data)
    except CannotFetchError as error:
        ohif.tell_why_not(data, f"{error} It is tried again at the next start.")
        print(f"OHIF could not be fetched. {error}", file=sys.stderr)
        return 1
    return 0


def fetch(data: Path, package: str = ohif.PACKAGE, integrity: str = ohif.INTEGRITY) -> None:
    """Bring the package to its place, or raise CannotFetchError; does nothing while another process is at it."""
    home, place = ohif.home(data), ohif.place(data)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with alone(home / "lock") as is_alone:
            if not is_alone or ohif.is_there(data):
                return
            ohif.tell_why_not(data, "")
            for left in home.glob("fetch-*"):
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix="fetch-", dir=home, ignore_cleanup_errors=True) as made:
                files = Path(made) / "files"
                with (Path(made) / "package.tgz").open("w+b") as tarball:
                    _download(package, integrity, tarball)
                    tarball.seek(0)
                    unpack(tarball, files)
                shutil.rmtree(place, ignore_errors=True)
                files.replace(place)
            for old in home.iterdir():
                if old.is_dir() and old != place:
                    shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise CannotFetchError(f"Its files could not be kept: {error.strerror or 'the disk failed'}.") from error


def unpack(tarball: BinaryIO, into: Path) -> None:
    """Put what a browser needs of a package into a new folder, each file compressed; raises CannotFetchError."""
    into.mkdir()
    count = size = 0
    try:
        with tarfile.open(fileobj=tarball, mode="r|gz") as archive:
            for member in archive:
                count, size = count + 1, size + member.size
                if count > MOST_FILES or size > LARGEST_CONTENT:
                    raise CannotFetchError("Its package holds more than it can.")
                name = _wanted(member)
                content = archive.extractfile(member) if name else None
                if content is not None:
                    _pack(content, into / (name + ohif.PACKED))
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise CannotFetchError("Its package is damaged.") from error
    if not (into / (ohif.PAGE + ohif.PACKED)).is_file():
        raise CannotFetchError("Its package holds no page.")


def _wanted(member: tarfile.TarInfo) -> str:
    """The name that a file of the package is served by; empty for what is left out."""
    if not member.isreg():
        return ""
    if member.name == _LICENSE:
        return "LICENSE"
    name = member.name.removeprefix(_INSIDE)
    is_page = name != member.name and _NAME.fullmatch(name) and not _LEFT_OUT.fullmatch(name)
    return name if is_page else ""


def _pack(content: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wb", compresslevel=6) as packed:
        shutil.copyfileobj(content, packed, _CHUNK)


def _download(package: str, integrity: str, into: BinaryIO) -> None:
    """Receive the package, or raise CannotFetchError when it cannot be had or is another than the pinned one."""
    digest, size, until = hashlib.sha512(), 0, time.monotonic() + _LONGEST_SECONDS
    for chunk in _sent(package):
        size += len(chunk)
        if size > LARGEST_PACKAGE:
            raise CannotFetchError("What the npm registry sends is larger than the package can be.")
        if time.monotonic() > until:
            raise CannotFetchError(f"The npm registry did not send it within {_LONGEST_SECONDS // 60} minutes.")
        digest.update(chunk)
        into.write(chunk)
    if f"sha512-{base64.b64encode(digest.digest()).decode()}" != integrity:
        raise CannotFetchError("What the npm registry sent is not the package that was chosen, or is not all of it.")


def _sent(package: str) -> Iterator[bytes]:
    try:
        with urllib.request.urlopen(package, timeout=_SILENT_SECONDS) as answer:  # noqa: S310  our own address
            while chunk := answer.read(_CHUNK):
                yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise CannotFetchError("The npm registry could not be reached, or broke off.") from error


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
