"""The work a child knows, by name. A later task is one more line in `TASKS`."""

import errno
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dicomgallery.dicom.boxes import Box
from dicomgallery.imaging.recoded import Recoded
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.rendered import Rendered
from dicomgallery.imaging.spec import RenderSpec
from dicomgallery.sandbox.unpacking import UnpackLimits, unpack
from dicomgallery.sandbox.wire import Kind, Message

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Work = Callable[[Message], Message | Iterator[Message]]


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of work: its whole answer as one message, or an iterator of its parts."""

    work: Work
    is_long: bool = False
    """It runs for as long as it goes on sending parts, in children of its own."""
    preload: tuple[str, ...] = ()
    """Modules imported once, before children are forked, so that they share the memory."""


def _refused(refusal: CannotRenderError) -> dict[str, str]:
    return {"reason": refusal.reason.value, "detail": refusal.detail}


def _without_room(error: OSError, reason: RenderReason) -> dict[str, str]:
    """What a full disk comes to; any other failure of it goes on."""
    if error.errno not in _NO_ROOM:
        raise error
    return {"reason": reason.value, "detail": "The disk has no room for it."}


def _drawn(draw: Callable[[], Rendered]) -> Message:
    """A picture as an answer, or why there is none."""
    try:
        drawn = draw()
    except CannotRenderError as refusal:
        return Message(Kind.END, _refused(refusal))
    told = {"media_type": drawn.media_type, "width": drawn.width, "height": drawn.height, "notes": list(drawn.notes)}
    return Message(Kind.END, told, drawn.data)


def _render(task: Message) -> Message:
    # Imported here: the server and the gallery's own processes know of tasks, and need no codecs for it.
    from dicomgallery.imaging.render import render  # noqa: PLC0415

    state = Path(task.text("state")) if "state" in task.fields else None
    return _drawn(lambda: render(Path(task.text("path")), RenderSpec.from_token(task.text("spec")), state))


def _examine(task: Message) -> Message:
    from dicomgallery.imaging.specimens import BY_FILE, examine  # noqa: PLC0415

    try:
        examined = examine(BY_FILE[task.text("file")])
    except CannotRenderError as refusal:
        return Message(Kind.END, _refused(refusal))
    return Message(Kind.END, {"apart": examined.apart, "microseconds": examined.microseconds})


def _plane(task: Message) -> Message:
    from dicomgallery.imaging.volumes.planes import draw  # noqa: PLC0415
    from dicomgallery.imaging.volumes.spec import PlaneSpec  # noqa: PLC0415

    return _drawn(lambda: draw(Path(task.text("folder")), PlaneSpec.from_fields(task.fields["spec"])))


def _turn(task: Message) -> Message:
    from dicomgallery.imaging.volumes.turn import Turn  # noqa: PLC0415
    from dicomgallery.imaging.volumes.turned import draw  # noqa: PLC0415

    return _drawn(lambda: draw(Path(task.text("folder")), Turn.from_fields(task.fields["turn"])))


def _numbers(task: Message) -> Message:
    from dicomgallery.imaging.volumes.numbers import write  # noqa: PLC0415

    try:
        write(Path(task.text("folder")), task.whole("longest"))
    except CannotRenderError as refusal:
        return Message(Kind.END, _refused(refusal))
    except OSError as error:
        return Message(Kind.END, _without_room(error, RenderReason.NO_ROOM))
    return Message(Kind.END, {})


def _finish(task: Message) -> Message:
    from dicomgallery.imaging.finish import Finish  # noqa: PLC0415
    from dicomgallery.imaging.finishing import finish  # noqa: PLC0415

    # Before the picture stands what is to become of it; its marks may have many points.
    split = task.whole("split", most=len(task.body))
    return _drawn(lambda: finish(task.body[split:], Finish.from_json(task.body[:split])))


def _frames(task: Message) -> Message:
    from dicomgallery.imaging.transcoding import frames  # noqa: PLC0415

    try:
        made = frames(Path(task.text("path")), task.fields["numbers"], task.text("syntax"))
    except CannotRenderError as refusal:
        return Message(Kind.END, _refused(refusal))
    return Message(Kind.END, {"sizes": list(made.sizes), "syntax": made.transfer_syntax}, made.data)


def _recode(task: Message) -> Message:
    from dicomgallery.imaging.recoding import recode  # noqa: PLC0415

    return _piece(lambda: recode(Path(task.text("path")), task.text("syntax"), task.whole("first")))


def _retouch(task: Message) -> Message:
    from dicomgallery.imaging.retouch import retouch  # noqa: PLC0415

    boxes = [Box(*map(int, sides)) for sides in task.fields["boxes"]]
    return _piece(lambda: retouch(Path(task.text("path")), boxes, task.whole("first")))


def _textboxes(task: Message) -> Message:
    from dicomgallery.imaging.textboxes import find  # noqa: PLC0415

    try:
        lines = find(Path(task.text("path")), task.whole("frame"))
    except CannotRenderError as refusal:
        return Message(Kind.END, _refused(refusal))
    return Message(Kind.END, {"lines": [[*line.box, line.confidence] for line in lines]})


def _leaks(task: Message) -> Message:
    from dicomgallery.deid.profile import from_json  # noqa: PLC0415
    from dicomgallery.deid.searching import Given, searched_files  # noqa: PLC0415

    given = Given(task.text("subject"), task.text("uid"), task.text("name"))
    leaks = searched_files(Path(task.text("original")), Path(task.text("made")), from_json(task.body), given)
    return Message(Kind.END, leaks.as_fields())


def _piece(make: Callable[[], Recoded]) -> Message:
    """A piece of an object as an answer, or why there is none."""
    try:
        made = make()
    except CannotRenderError as refusal:
        return Message(Kind.END, _refused(refusal))
    told = {"split": len(made.before), "from": made.copied[0], "to": made.copied[1], "next": made.next_frame}
    if made.size_bytes is not None:
        told["size_bytes"] = made.size_bytes
    return Message(Kind.END, told, made.before + made.after)


def _volume(task: Message) -> Iterator[Message]:
    from dicomgallery.imaging.volumes.building import build  # noqa: PLC0415
    from dicomgallery.imaging.volumes.plan import Plan  # noqa: PLC0415

    folder = Path(task.text("folder"))
    try:
        for progress in build(Plan.read(folder), folder):
            yield Message(Kind.PART, {"done": progress.done, "total": progress.total})
    except CannotRenderError as refusal:
        yield Message(Kind.PART, _refused(refusal))
    except OSError as error:
        yield Message(Kind.PART, _without_room(error, RenderReason.NO_ROOM))


def _weave(task: Message) -> Iterator[Message]:
    from dicomgallery.imaging.exports.weave import Weave  # noqa: PLC0415
    from dicomgallery.imaging.exports.weaving import weave  # noqa: PLC0415

    try:
        for done, total in weave(Path(task.text("folder")), Weave.from_fields(task.fields["weave"])):
            yield Message(Kind.PART, {"done": done, "total": total})
    except CannotRenderError as refusal:
        yield Message(Kind.PART, _refused(refusal))
    except OSError as error:
        yield Message(Kind.PART, _without_room(error, RenderReason.TOO_LARGE))


def _unpack(task: Message) -> Iterator[Message]:
    limits = UnpackLimits(**task.fields["limits"])
    for found in unpack(Path(task.text("archive")), Path(task.text("into")), task.text("prefix"), limits):
        yield Message(Kind.PART, found.as_fields())


TASKS: Final[Mapping[str, Task]] = {
    "render": Task(_render, preload=("dicomgallery.imaging.render",)),
    "examine": Task(_examine),
    "plane": Task(_plane, preload=("dicomgallery.imaging.volumes.planes",)),
    "turn": Task(_turn, preload=("dicomgallery.imaging.volumes.turned",)),
    "numbers": Task(_numbers, preload=("dicomgallery.imaging.volumes.numbers",)),
    "finish": Task(_finish),
    "frames": Task(_frames, preload=("dicomgallery.imaging.transcoding",)),
    "recode": Task(_recode, preload=("dicomgallery.imaging.recoding",)),
    "retouch": Task(_retouch, preload=("dicomgallery.imaging.retouch",)),
    "textboxes": Task(_textboxes, preload=("dicomgallery.imaging.textboxes",)),
    "leaks": Task(_leaks, preload=("dicomgallery.deid.searching",)),
    "volume": Task(_volume, is_long=True, preload=("dicomgallery.imaging.volumes.building",)),
    "weave": Task(_weave, is_long=True),
    "unpack": Task(_unpack, is_long=True),
}

OURS: Final = ("dicomgallery.sandbox.tasks",)


def load(modules: Iterable[str]) -> dict[str, Task]:
    """The tasks of some modules, each with a `TASKS` of its own."""
    tasks: dict[str, Task] = {}
    for module in modules:
        tasks.update(importlib.import_module(module).TASKS)
    return tasks
