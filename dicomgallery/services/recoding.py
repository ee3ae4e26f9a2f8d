"""Objects and frames on their way out in another transfer syntax; made in the sandbox, piece by piece."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from dicomgallery.dicom.boxes import Box
from dicomgallery.dicom.transfer import EXPLICIT_LITTLE_ENDIAN
from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.recoded import Recoded
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.sandbox.client import Sandbox

STORED: Final = "*"
"""Any transfer syntax: an object then leaves as it is stored."""
COMPRESSED: Final = frozenset(
    {"1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201"}
)
"""What frames can be encoded as, all without loss."""
WRITTEN: Final = COMPRESSED | {EXPLICIT_LITTLE_ENDIAN}
_MOST_AT_ONCE: Final = 1000
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Transfer syntaxes that may come, in groups of equal liking, the most welcome first."""

    groups: tuple[tuple[str, ...], ...]
    or_stored: bool = False
    """What cannot be had as any of them comes as it is stored."""

    def target(self, stored: str, *, has_pixels: bool = True) -> str | None:
        """What an object stored so leaves as; None when nothing that is wanted can be made of it."""
        for group in self.groups:
            if stored in group or STORED in group:
                return stored
            for syntax in group:
                if syntax == EXPLICIT_LITTLE_ENDIAN or (has_pixels and syntax in COMPRESSED):
                    return syntax
                if not has_pixels:
                    # PS3.18 8.7.3.5: compression is for pixels; what has none comes as plainly as it can.
                    return EXPLICIT_LITTLE_ENDIAN
        return stored if self.or_stored else None


@dataclass(frozen=True, slots=True)
class Rewritten:
    """An object of which enough is made already that it is known to be possible."""

    path: Path
    syntax: str
    """A transfer syntax, or `STORED` where only the beginning of the file is new."""
    sandbox: Sandbox
    first: Recoded
    size_bytes: int
    whole: IO[bytes] | None = None
    """All of it, where its size shows only at the end."""

    @classmethod
    def begun(cls, path: Path, syntax: str, sandbox: Sandbox) -> "Rewritten":
        """An object ready to leave; CannotRenderError, or UnavailableError when nobody can make it now.

        Who is promised a size sees when something is missing. What cannot promise one is made whole on the disk first:
        a stream that breaks off looks to some clients like one that has ended.
        """
        first = sandbox.recode(path, syntax)
        if first.size_bytes is not None:
            return cls(path, syntax, sandbox, first, first.size_bytes)
        if not first.next_frame:
            return cls(path, syntax, sandbox, first, len(first.before) + len(first.after))
        whole = cls(path, syntax, sandbox, first, 0)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - it closes with the object that leaves
        try:
            file.writelines(whole.chunks())
        except OSError as error:
            file.close()
            raise UnavailableError("The disk has no room for it just now.") from error
        return replace(whole, size_bytes=file.tell(), whole=file)

    def chunks(self) -> Iterator[bytes]:
        """The bytes; raises as `begun` does when a later frame cannot be had."""
        if self.whole is not None:
            self.whole.seek(0)
            while chunk := self.whole.read(_CHUNK):
                yield chunk
            return
        yield from _pieces(self.path, self.first, lambda reached: self.sandbox.recode(self.path, self.syntax, reached))


def retouched(path: Path, boxes: Sequence[Box], sandbox: Sandbox) -> Iterator[bytes]:
    """The bytes of an object with boxes of every frame black; raises as `Rewritten.begun`, at any piece."""
    return _pieces(path, sandbox.retouch(path, boxes), lambda reached: sandbox.retouch(path, boxes, reached))


def _pieces(path: Path, piece: Recoded, more: Callable[[int], Recoded]) -> Iterator[bytes]:
    while True:
        yield piece.before
        yield from _part(path, *piece.copied)
        if piece.after:
            yield piece.after
        if not piece.next_frame:
            return
        reached, piece = piece.next_frame, more(piece.next_frame)
        if piece.next_frame and piece.next_frame <= reached:
            raise CannotRenderError(RenderReason.CRASHED, "Rewriting the object does not come to an end.")


def frames(path: Path, numbers: Sequence[int], syntax: str, sandbox: Sandbox) -> Iterator[tuple[str, bytes]]:
    """Frames counted from 1, each with the transfer syntax it has; the first is asked for at once.

    Raises as `Rewritten.begun` does. The numbers are never listed: a header may say that there are billions.
    """

    def made(begin: int) -> tuple[str, list[bytes]]:
        return sandbox.frames(path, numbers[begin : begin + _MOST_AT_ONCE], syntax)

    def flow(some: tuple[str, list[bytes]]) -> Iterator[tuple[str, bytes]]:
        reached = 0
        while True:
            yield from ((some[0], frame) for frame in some[1])
            reached += len(some[1])
            if reached >= len(numbers):
                return
            some = made(reached)

    return flow(made(0))


def _part(path: Path, begin: int, end: int) -> Iterator[bytes]:
    if begin >= end:
        return
    with path.open("rb") as file:
        file.seek(begin)
        while begin < end:
            chunk = file.read(min(_CHUNK, end - begin))
            if not chunk:
                raise UnavailableError("The file of this object is shorter than it was.")
            begin += len(chunk)
            yield chunk
