"""Pictures kept on the disk, each under the blob and the spec it was made from.

    cache/pictures/<renderer version>/ab/<sha256 of the blob>-<token of the spec>[.json | .notes]

The name says which blob a picture shows, so that it can go when the blob goes. A file appears by rename, and nothing
here is fsynced: what is lost is made again. When a file was last used is its mtime, set anew at most once an hour.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.services import cache_files
from dicomgallery.services.cache_files import Cleared, folders

TOUCH_SECONDS: Final = 3600
RETRY_SECONDS: Final = 3600

_MAY_PASS: Final = frozenset({RenderReason.TOO_SLOW, RenderReason.CRASHED})
"""A busy or starved machine can be the reason; worth another try after a while."""
_NAME: Final = re.compile(r"(?P<blob>[0-9a-f]{64})-[a-z0-9.-]+", re.ASCII)
_STATE: Final = re.compile(r"-s([0-9]{1,19})[-.]", re.ASCII)
_FAILURE: Final = ".json"
_NOTES: Final = ".notes"


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture in the cache."""

    path: Path
    size_bytes: int

    def notes(self) -> tuple[str, ...]:
        """What the renderer remarked."""
        try:
            return tuple(json.loads(Path(f"{self.path}{_NOTES}").read_bytes()))
        except FileNotFoundError:
            return ()


class PictureCache:
    """The pictures made by one version of the renderer."""

    def __init__(self, data: Path, version: str) -> None:
        self.all_versions = data / "cache" / "pictures"
        self.root = self.all_versions / version

    def path(self, blob_sha256: str, token: str) -> Path:
        """Where this picture lies, or would."""
        return self.root / blob_sha256[:2] / f"{blob_sha256}-{token}"

    def find(self, blob_sha256: str, token: str) -> Kept | CannotRenderError | None:
        """The picture, why there is none, or None when nobody has tried yet."""
        path = self.path(blob_sha256, token)
        try:
            found = os.stat(path)  # noqa: PTH116  the hot path of every thumbnail
        except FileNotFoundError:
            failure = Path(f"{path}{_FAILURE}")
            return cache_files.read_failure(failure, may_pass=_MAY_PASS, retry_seconds=RETRY_SECONDS)
        cache_files.touch(path, found.st_mtime, after_seconds=TOUCH_SECONDS)
        return Kept(path, found.st_size)

    def has(self, blob_sha256: str, token: str) -> bool:
        """Say whether the picture is here, without using it."""
        return self.path(blob_sha256, token).exists()

    def keep(self, blob_sha256: str, token: str, data: bytes, notes: Collection[str] = ()) -> Kept:
        """Keep a picture; OSError when the disk refuses."""
        path = self.path(blob_sha256, token)
        if notes:
            cache_files.write(Path(f"{path}{_NOTES}"), json.dumps(list(notes)).encode())
        cache_files.write(path, data)
        Path(f"{path}{_FAILURE}").unlink(missing_ok=True)
        return Kept(path, len(data))

    def keep_failure(self, blob_sha256: str, token: str, refusal: CannotRenderError) -> None:
        """Keep why there is no picture; OSError when the disk refuses."""
        cache_files.write_failure(Path(f"{self.path(blob_sha256, token)}{_FAILURE}"), refusal)

    def forget(self, blob_sha256: str) -> None:
        """Remove every picture of a blob, whichever renderer made it."""
        for path in self.all_versions.glob(f"*/{blob_sha256[:2]}/{blob_sha256}-*"):
            path.unlink(missing_ok=True)

    def forget_all(self) -> None:
        """Remove every picture and every failure."""
        for version in folders(self.all_versions):
            # A picture may be written into it meanwhile; what then stays is as good as new.
            shutil.rmtree(version, ignore_errors=True)

    def forget_older_versions(self) -> None:
        """Remove what other versions of the renderer made."""
        cache_files.remove_other_versions(self.root)

    def states(self) -> set[int]:
        """The presentation states that some picture here was made with, by instance id."""
        names = (name for folder in folders(self.root) for name in os.listdir(folder))  # noqa: PTH208  likewise
        return {int(match[1]) for match in map(_STATE.search, names) if match}

    def forget_state(self, state_id: int) -> None:
        """Remove every picture made with a presentation state."""
        for path in self.all_versions.glob(f"*/??/*-s{state_id}[-.]*"):
            path.unlink(missing_ok=True)

    def blobs(self) -> Iterator[str]:
        """The SHA-256 of every blob that has something here, in order, each once."""
        for folder in folders(self.root):
            matches = (_NAME.fullmatch(name) for name in os.listdir(folder))  # noqa: PTH208  names are all we need
            yield from sorted({match["blob"] for match in matches if match})

    def clear(self, limit_bytes: int) -> Cleared:
        """Bring the cache under its limit, what was used longest ago first."""
        cleared = cache_files.clear(self._files(), limit_bytes, os.unlink)
        if cleared.items:
            self._cleared_mark.touch()
        return cleared

    def was_cleared(self) -> bool:
        """Say whether the limit has ever taken pictures away, so that missing ones are no surprise."""
        return self._cleared_mark.exists()

    def size_bytes(self) -> int:
        """How much of the disk the cache takes."""
        return sum(size for _, size, _ in self._files())

    @property
    def _cleared_mark(self) -> Path:
        return self.root / "cleared"

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Each file's last use, size on the disk, and path."""
        for folder in folders(self.root):
            with os.scandir(folder) as found:
                for item in found:
                    with contextlib.suppress(FileNotFoundError):
                        status = item.stat(follow_symlinks=False)
                        yield status.st_mtime, max(status.st_size, status.st_blocks * 512), item.path
