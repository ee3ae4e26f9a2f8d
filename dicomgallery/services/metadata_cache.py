"""Metadata of series kept on the disk, each under a hash of what is in the series and of the address it was made for.

    cache/metadata/<version>/<series id>-<hash of its instances>-<hash of the address>.json.gz

A file appears whole by rename; its mtime is when it was last used.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from isal import isal_zlib

from dicomgallery.services import cache_files
from dicomgallery.services.cache_files import Cleared

TOUCH_SECONDS: Final = 600
_LEVEL: Final = 1
"""Of isal's 0 to 3: 5 MB of headers take 15 ms and become a twelfth."""
_GZIP: Final = 31
_ENDING: Final = ".json.gz"
_INCOMPLETE: Final = "incomplete"
"""In the place of a hash where a file could not be read: it may be there again the next time."""


def is_whole(path: Path) -> bool:
    """Say whether a file tells all of its instances."""
    return path.name.split("-")[1] != _INCOMPLETE


@dataclass(frozen=True, slots=True)
class Key:
    """What one file holds."""

    series_id: int
    members: str
    """A hash of its instances and their bytes."""
    service: str
    """A hash of the address that its bulk data is at."""

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"{self.series_id}-{self.members}-{self.service}{_ENDING}"


class MetadataCache:
    """The metadata made by one version."""

    def __init__(self, data: Path, version: str) -> None:
        self.all_versions = data / "cache" / "metadata"
        self.root = self.all_versions / version

    def find(self, key: Key) -> Path | None:
        """The file of a key; None when there is none yet."""
        path = self.root / key.name
        try:
            used_at = path.stat().st_mtime
        except FileNotFoundError:
            return None
        cache_files.touch(path, used_at, after_seconds=TOUCH_SECONDS)
        return path

    def keep(self, key: Key, pieces: Iterable[bytes], *, is_whole: Callable[[], bool]) -> Path:
        """Write pieces one after another, compressed; older states of the series go. OSError when the disk refuses.

        What is not whole, which is known once all is written, never stands in the place of a key.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self.root / f".{secrets.token_hex(8)}"
        try:
            with aside.open("wb") as file:
                stream = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)
                for piece in pieces:
                    file.write(stream.compress(piece))
                file.write(stream.flush())
            kept = key if is_whole() else replace(key, members=_INCOMPLETE)
            path = aside.replace(self.root / kept.name)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        for other in self.root.glob(f"{key.series_id}-*{_ENDING}"):
            if other.name.split("-")[1] != kept.members:
                other.unlink(missing_ok=True)
        return path

    def forget(self, key: Key) -> None:
        """Remove a file."""
        (self.root / key.name).unlink(missing_ok=True)

    def keys(self) -> Iterator[Key]:
        """What there is."""
        for path in self._files():
            series_id, members, service = path.name.removesuffix(_ENDING).split("-")
            yield Key(int(series_id), members, service)

    def clear(self, limit_bytes: int) -> Cleared:
        """Bring the cache under its limit, what was used longest ago first; what was left half written goes too."""
        cache_files.remove_other_versions(self.root)
        cache_files.remove_left_aside(self.root)
        return cache_files.clear(self._sized(), limit_bytes, Path.unlink)

    def _sized(self) -> Iterator[tuple[float, int, Path]]:
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                about = path.stat()
                yield about.st_mtime, about.st_size, path

    def _files(self) -> list[Path]:
        return sorted(self.root.glob(f"[0-9]*{_ENDING}")) if self.root.is_dir() else []
