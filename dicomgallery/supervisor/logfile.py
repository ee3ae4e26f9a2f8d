"""Where the parts write when the terminal is to stay quiet: one file, kept small."""

import json
import shutil
from pathlib import Path
from typing import BinaryIO

LARGEST_BYTES = 10_000_000
KEPT = 3


class LogFile:
    """`run/gallery.log`, which all parts append to, and the older ones beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> BinaryIO:
        """Open it for a process to append to."""
        return self.path.open("ab", buffering=0)

    def size(self) -> int:
        """Return its size in bytes now."""
        return self.path.stat().st_size if self.path.exists() else 0

    def rotate_when_large(self) -> None:
        """Copy it to `.1` and empty it: the parts keep it open, and append at its new end."""
        if self.size() < LARGEST_BYTES:
            return
        for number in range(KEPT - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        shutil.copyfile(self.path, self._numbered(1))
        with self.path.open("r+b") as file:
            file.truncate(0)

    def words_since(self, offset: int, most: int = 6) -> list[str]:
        """Return the last lines written after `offset`, as a person would like to read them."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(offset if offset <= self.size() else 0)
            text = file.read().decode(errors="replace")
        lines = [_in_words(line) for line in text.splitlines() if line.strip()]
        return [line for line in lines if line][-most:]

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _in_words(line: str) -> str:
    """Return a log line without its furniture; nothing for those that are no trouble."""
    try:
        record = json.loads(line)
    except ValueError:
        return line.rstrip()
    if not isinstance(record, dict) or record.get("level") in {"DEBUG", "INFO"}:
        return ""
    error = record.get("error")
    kind = f" ({error['type']}, {error['frames'][-1] if error['frames'] else '?'})" if isinstance(error, dict) else ""
    return f"{record.get('event', '')}{kind}"
