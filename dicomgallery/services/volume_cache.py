"""Volumes kept on the disk, each under a hash of the images it was built from and where they lie.

    cache/volumes/<version>/<key>/     slices.npy columns.npy volume.json blobs.txt
    cache/volumes/<version>/<key>.json why there is no volume

A volume is built aside and appears by rename. `blobs.txt` says whose it is, so that it can go when a blob goes; the
mtime of `volume.json` is when it was last used.
"""

import contextlib
import fcntl
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.volumes.volume import ABOUT
from dicomgallery.services import cache_files
from dicomgallery.services.cache_files import Cleared

TOUCH_SECONDS: Final = 600
RETRY_SECONDS: Final = 600
PATIENCE_SECONDS: Final = 120
_BLOBS: Final = "blobs.txt"
_PAUSE_SECONDS: Final = 0.05
MAY_PASS: Final = frozenset({RenderReason.TOO_SLOW, RenderReason.CRASHED, RenderReason.OUT_OF_MEMORY})
"""What another try may not meet again."""


class VolumeCache:
    """The volumes built by one version."""

    def __init__(self, data: Path, version: str) -> None:
        self.all_versions = data / "cache" / "volumes"
        self.root = self.all_versions / version

    def find(self, key: str) -> Path | CannotRenderError | None:
        """The folder of a volume, why there is none, or None when nobody has tried yet."""
        folder = self.root / key
        try:
            used_at = (folder / ABOUT).stat().st_mtime
        except FileNotFoundError:
            failure = self.root / f"{key}.json"
            return cache_files.read_failure(failure, may_pass=MAY_PASS, retry_seconds=RETRY_SECONDS)
        cache_files.touch(folder / ABOUT, used_at, after_seconds=TOUCH_SECONDS)
        return folder

    @contextlib.contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Hold a key against every thread and process; UnavailableError when another holds it very long."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        until = time.monotonic() + PATIENCE_SECONDS
        with (self.root / f".{key}.lock").open("w") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise UnavailableError("The volume is still being built; ask again in a moment.") from None
                    time.sleep(_PAUSE_SECONDS)
            yield

    @contextlib.contextmanager
    def aside(self) -> Iterator[Path]:
        """A folder to build in; what is left of it goes."""
        folder = self.root / f".{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700, parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, folder: Path, key: str, blobs: Sequence[str]) -> Path:
        """Keep what was built in a folder."""
        (folder / _BLOBS).write_text("\n".join(dict.fromkeys(blobs)))
        kept = self.root / key
        shutil.rmtree(kept, ignore_errors=True)
        folder.rename(kept)
        (self.root / f"{key}.json").unlink(missing_ok=True)
        return kept

    def keep_failure(self, key: str, refusal: CannotRenderError) -> None:
        """Keep why there is no volume."""
        cache_files.write_failure(self.root / f"{key}.json", refusal)

    def forget_failure(self, key: str) -> None:
        """Forget why there is no volume, so that it is tried again."""
        (self.root / f"{key}.json").unlink(missing_ok=True)

    def forget(self, key: str) -> None:
        """Remove a volume; whoever has it mapped keeps the numbers until they let go."""
        shutil.rmtree(self.root / key, ignore_errors=True)

    def forget_all(self) -> None:
        """Remove every volume and every failure."""
        shutil.rmtree(self.all_versions, ignore_errors=True)

    def blobs(self) -> Iterator[tuple[str, list[str]]]:
        """Each volume's key, and the SHA-256 of the blobs it was built from."""
        for folder in self._volumes():
            with contextlib.suppress(FileNotFoundError):
                yield folder.name, (folder / _BLOBS).read_text().split()

    def clear(self, limit_bytes: int) -> Cleared:
        """Bring the cache under its limit, what was used longest ago first; what was left aside goes too."""
        cache_files.remove_other_versions(self.root)
        cache_files.remove_left_aside(self.root)
        sized = ((_used_at(folder), _size(folder), folder.name) for folder in self._volumes())
        return cache_files.clear(sized, limit_bytes, self.forget)

    def _volumes(self) -> list[Path]:
        return [path for path in cache_files.folders(self.root) if not path.name.startswith(".")]


def _used_at(folder: Path) -> float:
    try:
        return (folder / ABOUT).stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _size(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.glob("*") if path.is_file())
