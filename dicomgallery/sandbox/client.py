"""The sandbox as the rest of the gallery sees it: a picture of a file, the members of an archive."""

import re
import secrets
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, Self

from dicomgallery.deid.check import Leaks
from dicomgallery.deid.profile import Profile
from dicomgallery.deid.searching import Given
from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.exports.weave import Weave
from dicomgallery.imaging.finish import Finish
from dicomgallery.imaging.recoded import Recoded
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import Rendered
from dicomgallery.imaging.spec import RenderSpec
from dicomgallery.imaging.specimens import Examined, Specimen
from dicomgallery.imaging.volumes.spec import PlaneSpec
from dicomgallery.imaging.volumes.turn import Turn
from dicomgallery.imaging.writing import Line
from dicomgallery.sandbox import tasks
from dicomgallery.sandbox.channel import Channel, LostServerError
from dicomgallery.sandbox.crew import TaskLostError, Why
from dicomgallery.sandbox.duties import Urgency
from dicomgallery.sandbox.findings import Member, Refusal, Refused, UnpackLimits
from dicomgallery.sandbox.wire import Kind, Message, WireError
from dicomgallery.settings import Settings

__all__ = ["Member", "Refused", "Sandbox", "UnpackLimits", "Urgency", "open_sandbox"]

_PATIENCE_SECONDS: Final = 10.0
"""So long a server that was here may take to come back."""
_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.1
_DYING_SECONDS: Final = 0.5
_PICTURE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "application/octet-stream"})
_SHA256: Final = re.compile("[0-9a-f]{64}")
_MOST_PIXELS: Final = 1 << 20

_MOST_LINES: Final = 1000
_WHY_NO_PICTURE: Final = {
    Why.TOO_SLOW: (RenderReason.TOO_SLOW, "Making this picture took too long, and was stopped."),
    Why.OUT_OF_MEMORY: (RenderReason.OUT_OF_MEMORY, "This picture needs more memory than one may take."),
    Why.CRASHED: (RenderReason.CRASHED, "The decoder failed on this file in a way that ended its process."),
    Why.SURPRISE: (RenderReason.CRASHED, "The decoder failed on this file in an unexpected way."),
}
_WHY_NO_MORE: Final = {
    Why.TOO_SLOW: "The archive stopped giving files, and was left.",
    Why.OUT_OF_MEMORY: "The archive needs more memory to read than it may take.",
    Why.CRASHED: "Reading the archive failed in a way that ended its process.",
    Why.SURPRISE: "Reading the archive failed in an unexpected way.",
}


def open_sandbox(settings: Settings, *, modules: Sequence[str] = tasks.OURS) -> "Sandbox":
    """The sandbox of a data folder: its server when there is one, else private children, started when first needed."""
    return Sandbox(Channel(settings, modules=modules, patience_seconds=_PATIENCE_SECONDS))


class Sandbox:
    """Does in capped processes what must not be done in ours; for many threads at once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the server, or end the private children."""
        self._channel.close()

    def render(
        self, path: Path, spec: RenderSpec, *, state: Path | None = None, urgency: Urgency = Urgency.PERSON
    ) -> Rendered:
        """The picture of a file, or CannotRenderError, or UnavailableError when nobody can make it now.

        `state` is the file of the presentation state that the spec names.
        """
        arguments = {"path": str(path.absolute()), "spec": spec.token()}
        if state is not None:
            arguments["state"] = str(state.absolute())
        with _told_why():
            try:
                return _rendered(self.ask("render", arguments, urgency=urgency))
            except TaskLostError as loss:
                if loss.why is not Why.CRASHED:
                    raise
            # A child that ends without a word may have been killed by something else than this file: a machine
            # short of memory, or the end of the whole gallery, which takes a moment to reach us.
            time.sleep(_DYING_SECONDS)
            return _rendered(self.ask("render", arguments, urgency=urgency))

    def examine(self, specimen: Specimen) -> Examined:
        """What comes out of a specimen of a codec, or CannotRenderError, or UnavailableError when nobody can look."""
        with _told_why():
            answer = self.ask("examine", {"file": specimen.file})
            _raise_if_refused(answer)
            return Examined(answer.whole("apart"), answer.whole("microseconds"))

    def plane(self, folder: Path, spec: PlaneSpec) -> Rendered:
        """The picture of a plane of the volume in a folder; raises as `render` does."""
        arguments = {"folder": str(folder.absolute()), "spec": spec.as_fields()}
        with _told_why():
            return _rendered(self.ask("plane", arguments))

    def turned(self, folder: Path, turn: Turn, *, urgency: Urgency = Urgency.PERSON) -> Rendered:
        """The picture of the whole volume in a folder from one side; raises as `render` does."""
        arguments = {"folder": str(folder.absolute()), "turn": turn.as_fields()}
        with _told_why():
            return _rendered(self.ask("turn", arguments, urgency=urgency))

    def volume_numbers(self, folder: Path, longest: int) -> None:
        """Have the numbers of the volume in a folder put beside it; raises as `render` does."""
        with _told_why():
            _raise_if_refused(self.ask("numbers", {"folder": str(folder.absolute()), "longest": longest}))

    def finish(self, data: bytes, wanted: Finish, *, urgency: Urgency = Urgency.PERSON) -> Rendered:
        """A finished picture made ready to leave; raises as `render` does."""
        told = wanted.as_json()
        with _told_why():
            return _rendered(self.ask("finish", {"split": len(told)}, body=told + data, urgency=urgency))

    def frames(self, path: Path, numbers: Sequence[int], syntax: str) -> tuple[str, list[bytes]]:
        """Some frames of a file as a transfer syntax, and which it is; as many as come at once. Raises as `render`."""
        with _told_why():
            answer = self.ask("frames", {"path": str(path.absolute()), "numbers": list(numbers), "syntax": syntax})
            _raise_if_refused(answer)
            return answer.text("syntax"), _cut(answer.body, answer.fields.get("sizes"), len(numbers))

    def recode(self, path: Path, syntax: str, first: int = 0) -> Recoded:
        """A piece of an object in another transfer syntax; raises as `render` does."""
        with _told_why():
            return _recoded(self.ask("recode", {"path": str(path.absolute()), "syntax": syntax, "first": first}))

    def retouch(self, path: Path, boxes: Sequence[Box], first: int = 0) -> Recoded:
        """A piece of an object with boxes of every frame black; raises as `render` does."""
        with _told_why():
            asked = {"path": str(path.absolute()), "boxes": [list(box) for box in boxes], "first": first}
            return _recoded(self.ask("retouch", asked))

    def textboxes(self, path: Path, frame: int = 1) -> list[Line]:
        """Where writing is burned into a frame of a file, counted from 1; raises as `render` does."""
        with _told_why():
            answer = self.ask("textboxes", {"path": str(path.absolute()), "frame": frame})
            _raise_if_refused(answer)
            return _lines(answer.fields.get("lines"))

    def leaks(self, original: Path, made: Path, profile: Profile, given: Given) -> Leaks:
        """What of an original is found in what was made of it; raises as `render` does."""
        paths = {"original": str(original.absolute()), "made": str(made.absolute())}
        asked = {**paths, "subject": given.subject, "uid": given.sop_instance_uid, "name": given.name}
        with _told_why():
            body = profile.as_json().encode("utf-8")
            answer = self.ask("leaks", asked, body=body, urgency=Urgency.BACKGROUND)
            _raise_if_refused(answer)
            return Leaks.from_fields(answer.fields)

    def volume(self, folder: Path) -> Iterator[tuple[int, int]]:
        """Build the volume that is planned in a folder, telling how many images of how many are in.

        Raises CannotRenderError or UnavailableError; leaving the iterator early ends the building.
        """
        with _told_why(), closing(self.stream("volume", {"folder": str(folder.absolute())})) as parts:
            for part in parts:
                _raise_if_refused(part)
                if part.kind is Kind.PART:
                    yield part.whole("done"), part.whole("total")

    def weave(self, folder: Path, wanted: Weave) -> Generator[tuple[int, int]]:
        """Make one file of the pictures in a folder, telling how many of how many are in; raises as `volume` does."""
        arguments = {"folder": str(folder.absolute()), "weave": wanted.as_fields()}
        with _told_why(), closing(self.stream("weave", arguments)) as parts:
            for part in parts:
                _raise_if_refused(part)
                if part.kind is Kind.PART:
                    yield part.whole("done"), part.whole("total")

    def unpack(self, archive: Path, into: Path, limits: UnpackLimits) -> Iterator[Member | Refused]:
        """What an archive holds, told while it is unpacked into the folder `into`, in the archive's order.

        A member's file is the caller's to move away. Leaving the iterator early ends the unpacking and removes
        every file of it that still lies in `into`. UnavailableError, likewise, when the server goes away.
        """
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        prefix = secrets.token_hex(8)
        arguments = {
            "archive": str(archive.absolute()),
            "into": str(into.absolute()),
            "prefix": prefix,
            "limits": asdict(limits),
        }
        with _swept_unless_finished(into, prefix) as sweeping:
            try:
                with closing(self.stream("unpack", arguments)) as parts:
                    for part in parts:
                        if part.kind is Kind.PART and (found := _found(part, into, prefix, sweeping)) is not None:
                            yield found
            except TaskLostError as loss:
                yield Refused("", Refusal.UNREADABLE, _WHY_NO_MORE[loss.why])
            except WireError:
                yield Refused("", Refusal.UNREADABLE, _WHY_NO_MORE[Why.CRASHED])
            sweeping.is_finished = True

    def ask(
        self, task: str, arguments: Mapping[str, Any], *, body: bytes = b"", urgency: Urgency = Urgency.PERSON
    ) -> Message:
        """The answer to a task that has one; asked again when the server went away meanwhile.

        Raises TaskLostError (never BUSY) or UnavailableError.
        """
        for _ in range(_TRIES):
            try:
                *_, last = self._messages(task, arguments, urgency, body)
            except LostServerError:
                # A dying server may still take a connection; the next one stands after a moment.
                time.sleep(_PAUSE_SECONDS)
                continue
            return last
        raise UnavailableError("The part that makes pictures went away; try again.")

    def stream(
        self, task: str, arguments: Mapping[str, Any], *, urgency: Urgency = Urgency.PERSON
    ) -> Generator[Message]:
        """The answer to a task part by part; raises as `ask` does. Leaving the iterator early ends the task."""
        try:
            yield from self._messages(task, arguments, urgency)
        except LostServerError:
            # Its children die with it, but a moment later.
            time.sleep(_DYING_SECONDS)
            raise UnavailableError("The part that does long work went away; try again.") from None

    def _messages(
        self, task: str, arguments: Mapping[str, Any], urgency: Urgency, body: bytes = b""
    ) -> Iterator[Message]:
        fields = {**arguments, "task": task, "urgency": urgency.value}
        try:
            yield from self._channel.do(Message(Kind.TASK, fields, body))
        except TaskLostError as loss:
            if loss.why is Why.BUSY:
                raise UnavailableError("The gallery is busy; try again in a moment.") from None
            raise


class _Sweeping:
    """The members that were handed to the caller, and whether the unpacking came to its end."""

    def __init__(self) -> None:
        self.handed_over: set[str] = set()
        self.is_finished = False


@contextmanager
def _swept_unless_finished(into: Path, prefix: str) -> Iterator[_Sweeping]:
    sweeping = _Sweeping()
    try:
        yield sweeping
    finally:
        for path in into.glob(f"{prefix}-*"):
            if not (sweeping.is_finished and path.name in sweeping.handed_over):
                path.unlink(missing_ok=True)


@contextmanager
def _told_why() -> Iterator[None]:
    """Say of a task that was lost, or answered with nonsense, why there is no picture."""
    try:
        yield
    except TaskLostError as loss:
        raise CannotRenderError(*_WHY_NO_PICTURE[loss.why]) from None
    except (WireError, ValueError):
        raise CannotRenderError(*_WHY_NO_PICTURE[Why.CRASHED]) from None


def _raise_if_refused(answer: Message) -> None:
    if "reason" in answer.fields:
        raise CannotRenderError(RenderReason(answer.text("reason")), answer.text("detail"))


def _recoded(answer: Message) -> Recoded:
    _raise_if_refused(answer)
    split = answer.whole("split", most=len(answer.body))
    size = answer.whole("size_bytes") if "size_bytes" in answer.fields else None
    copied = (answer.whole("from"), answer.whole("to"))
    return Recoded(answer.body[:split], copied, answer.body[split:], answer.whole("next"), size)


def _lines(told: object) -> list[Line]:
    """Lines of writing as a child tells them; ValueError when it is nonsense."""
    if not isinstance(told, list) or len(told) > _MOST_LINES:
        raise ValueError
    lines = []
    for line in told:
        match line:
            case [int(left), int(top), int(right), int(bottom), float() | int() as confidence]:
                lines.append(Line(Box(left, top, right, bottom), float(confidence)))
            case _:
                raise ValueError
    return lines


def _rendered(answer: Message) -> Rendered:
    _raise_if_refused(answer)
    media_type = answer.text("media_type")
    if media_type not in _PICTURE_TYPES:
        raise WireError("The answer is no picture.")
    return Rendered(
        answer.body,
        media_type,
        answer.whole("width", most=_MOST_PIXELS),
        answer.whole("height", most=_MOST_PIXELS),
        answer.texts("notes"),
    )


def _cut(body: bytes, sizes: Any, most: int) -> list[bytes]:
    """The frames of an answer; WireError when it is not as long as it says."""
    if not isinstance(sizes, list) or not 1 <= len(sizes) <= most:
        raise WireError("The sizes of frames are not told as agreed.")
    if not all(isinstance(size, int) and size >= 0 for size in sizes) or sum(sizes) != len(body):
        raise WireError("The frames are not as long as was told.")
    return [body[end - size : end] for end, size in zip(accumulate(sizes), sizes, strict=True)]


def _found(part: Message, into: Path, prefix: str, sweeping: _Sweeping) -> Member | Refused | None:
    """What a part tells of; None when it tells of progress only."""
    if "reason" in part.fields:
        return Refused(part.text("name"), Refusal(part.text("reason")), part.text("detail"))
    if "file" not in part.fields:
        return None
    file, sha256 = part.text("file"), part.text("sha256")
    # The child must not be able to name a file outside its own.
    if not re.fullmatch(f"{prefix}-[0-9]{{1,9}}", file, re.ASCII) or not _SHA256.fullmatch(sha256):
        raise WireError("A member is not described as agreed.")
    sweeping.handed_over.add(file)
    return Member(part.text("name"), into / file, sha256, part.whole("size_bytes"))
