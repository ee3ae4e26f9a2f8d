"""A folder tree read file by file and written without identity; one failure does not stop the rest."""

import csv
import mmap
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomgallery.deid.engine import Deidentified, Engine
from dicomgallery.deid.profile import CLEAN_PIXEL, Profile
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.dicom.prescan import Flaw, Prescanned, prescan
from dicomgallery.dicom.reader import PYDICOM_TROUBLE, UnreadableError
from dicomgallery.errors import GalleryError, RefusedError
from dicomgallery.sandbox import opening
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services.deidentifying.burned_in import BurnedIn, blanked, suspicion
from dicomgallery.services.deidentifying.proof import objection

if TYPE_CHECKING:
    # It loads cryptography, which costs every process that knows the commands 9 MB.
    from dicomgallery.services.deidentifying.envelopes import Envelope

__all__ = ["BurnedIn", "End", "FolderRun", "Outcome", "begin"]

QUARANTINE: Final = "quarantine"
REASONS: Final = "reasons.csv"
_MOST_NAMESAKES: Final = 10_000
_NOT_FOR_US: Final = frozenset({Flaw.NOT_DICOM, Flaw.EMPTY})


class End(StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    QUARANTINED = "quarantined"
    LEFT_OUT = "left out"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file, counted from 1 in the order of the walk; its name may name somebody and is not here."""

    number: int
    end: End
    detail: str = ""
    written_as: str = ""
    """The path below the folder that is written to."""
    changes: int = 0


@dataclass
class FolderRun:
    """A folder on its way; `counts` grow while `outcomes` are taken."""

    source: Path
    target: Path
    engine: Engine
    burned_in: BurnedIn
    sandbox: Sandbox
    envelope: "Envelope | None" = None
    counts: Counter[End] = field(default_factory=Counter)
    changes: int = 0
    _names: set[str] = field(default_factory=set)

    def outcomes(self) -> Iterator[Outcome]:
        """Do the work, file by file."""
        # What is painted still says who it is of: it never lies where the result does, even if the run is killed.
        with (
            tempfile.TemporaryDirectory(prefix=".deidentify-", dir=self.target) as work,
            tempfile.TemporaryDirectory(prefix="deidentify-") as painting,
        ):
            for number, path in enumerate(_files(self.source), 1):
                outcome = self._outcome(number, path, Path(work), Path(painting))
                self.counts[outcome.end] += 1
                self.changes += outcome.changes
                yield outcome

    def _outcome(self, number: int, path: Path, work: Path, painting: Path) -> Outcome:
        try:
            if path != self.source and (kept_out := _kept_out(path)) is not None:
                return Outcome(number, *kept_out)
            return self._treated(number, path, work, painting)
        except UnreadableError as error:
            return Outcome(number, End.LEFT_OUT if error.flaw in _NOT_FOR_US else End.FAILED, error.message)
        except GalleryError as error:
            return Outcome(number, End.FAILED, error.message)
        except OSError as error:
            return Outcome(number, End.FAILED, f"The disk refused: {error.strerror or type(error).__name__}.")
        except PYDICOM_TROUBLE as error:
            # What one file brings out in a reader does not stop the rest.
            return Outcome(number, End.FAILED, f"It could not be treated: {type(error).__name__}.")

    def _treated(self, number: int, path: Path, work: Path, painting: Path) -> Outcome:
        reason = ""
        cleaned = None
        if self.burned_in is BurnedIn.QUARANTINE:
            reason = suspicion(path)
        elif self.burned_in is BurnedIn.BLANK and _has_pixels(path):
            blank = blanked(path, painting / "blanked", self.sandbox)
            cleaned, reason = blank.path, blank.reason
        with _mapped(cleaned or path) as data:
            done = self.engine.deidentify(data, pixels_cleaned=cleaned is not None)
            made = work / "made"
            with made.open("wb") as file:
                file.writelines(done.chunks())
        name = self._name(done)
        # Whoever looks at the pixels of what waits must know of the rest too.
        reason = " ".join(filter(None, (reason, self._objection(path, made, done, name))))
        if self.envelope is not None:
            # The pixels may have been painted over; what is encrypted is what was said before.
            with _mapped(path) as original, _mapped(made) as result:
                self.envelope.around(original, result, done, work / "enclosed")
            made = work / "enclosed"
        written_as = f"{QUARANTINE}/{name}" if reason else name
        place = self.target / written_as
        place.parent.mkdir(parents=True, exist_ok=True)
        made.replace(place)
        if reason:
            self._say_why(written_as, reason)
        return Outcome(number, End.QUARANTINED if reason else End.WRITTEN, reason, written_as, len(done.changes))

    def _objection(self, path: Path, made: Path, done: Deidentified, name: str) -> str:
        with _mapped(path) as original, _mapped(made) as result:
            return objection(original, result, done, profile=self.engine.profile, name=name)

    def _name(self, done: Deidentified) -> str:
        """A path of pseudonyms; the same object twice in a folder gets a number."""
        stem = "/".join((done.subject.replace(" ", "_"), *done.folder, done.file_name))
        for number in range(1, _MOST_NAMESAKES):
            name = f"{stem}.dcm" if number == 1 else f"{stem}-{number}.dcm"
            if name not in self._names:
                self._names.add(name)
                return name
        raise RefusedError("The same object is there too often.")

    def _say_why(self, written_as: str, reason: str) -> None:
        with (self.target / QUARANTINE / REASONS).open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow((written_as, reason))


def begin(
    source: Path,
    target: Path,
    *,
    profile: Profile,
    pseudonyms: Pseudonyms,
    burned_in: BurnedIn,
    envelope: "Envelope | None" = None,
) -> FolderRun:
    """Make a folder ready to be written to; RefusedError when it holds something or lies in the other."""
    if CLEAN_PIXEL in profile.options and burned_in is BurnedIn.KEEP:
        raise RefusedError("The option clean_pixel and keeping what is burned in contradict each other.")
    if source.resolve() == target.resolve() or source.resolve() in target.resolve().parents:
        raise RefusedError("The folder to write to must not lie in the folder that is read.")
    if any(new.lower() == QUARANTINE for new in pseudonyms.listed.values()):
        raise RefusedError(f"No patient can be called {QUARANTINE!r}, as the folder of what waits is.")
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise RefusedError("The folder to write to is not empty; what is there already could not be told apart.")
    return FolderRun(source, target, Engine(profile, pseudonyms), burned_in, opening.sandbox(), envelope)


def _files(root: Path) -> Iterator[Path]:
    """All below a folder in order, links and folders that cannot be read among it; or the one file."""
    if not root.is_dir():
        yield root
        return
    closed: list[str] = []
    for folder, folders, names in os.walk(root, onerror=lambda error: closed.append(error.filename)):
        folders.sort()
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in sorted([*names, *links]))
    yield from map(Path, closed)


def _kept_out(path: Path) -> tuple[End, str] | None:
    """Why what was found in a folder is not opened; None for a file."""
    if path.is_symlink():
        return End.LEFT_OUT, "It is a link; links are not followed."
    if path.is_dir():
        return End.FAILED, "It is a folder that cannot be read."
    if not path.is_file():
        return End.LEFT_OUT, "It is no plain file."
    return None if path.stat().st_size else (End.LEFT_OUT, "It is empty.")


def _has_pixels(path: Path) -> bool:
    """Say whether there is anything to paint over; of what cannot be read the engine says why."""
    with _mapped(path) as data:
        scanned = prescan(data)
    return isinstance(scanned, Prescanned) and scanned.pixel_offset is not None


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            yield b""
            return
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        yield data
    finally:
        with suppress(BufferError):
            data.close()
