"""The sandbox server: one process that every other one sends its hostile files to."""

import logging
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Final

from dicomgallery.errors import UnavailableError
from dicomgallery.sandbox import address, tasks
from dicomgallery.sandbox.crew import AbandonedError, TaskLostError
from dicomgallery.sandbox.station import Station
from dicomgallery.sandbox.wire import Kind, Message, WireError, receive, send
from dicomgallery.settings import Settings

log = logging.getLogger(__name__)

_MOST_CONNECTIONS: Final = 256
_LOOK_AROUND_SECONDS: Final = 15


def serve(settings: Settings, *, modules: Sequence[str] = tasks.OURS) -> None:
    """Serve the data folder's sandbox socket until SIGTERM; UnavailableError when another process does."""
    signal.signal(signal.SIGTERM, _leave)
    listener = address.listen(settings)
    path = address.path_of(settings)
    ours = path.stat().st_ino
    station = Station(settings, size=settings.workers, modules=modules)
    try:
        station.warm_up()
        log.info("sandbox ready", extra={"children": settings.workers})
        _accept(listener, station)
    finally:
        listener.close()
        if path.exists() and path.stat().st_ino == ours:
            path.unlink()
        station.close()


def _accept(listener: socket.socket, station: Station) -> None:
    slots = threading.BoundedSemaphore(_MOST_CONNECTIONS)
    listener.settimeout(_LOOK_AROUND_SECONDS)
    while True:
        try:
            asker, _ = listener.accept()
        except TimeoutError:
            station.shrink()
            continue
        if not address.is_ours(asker) or not slots.acquire(blocking=False):
            asker.close()
            continue
        threading.Thread(target=_attend, args=(asker, station, slots), daemon=True).start()


def _attend(asker: socket.socket, station: Station, slots: threading.BoundedSemaphore) -> None:
    """Do what one connection asks for, one task after another, until it hangs up."""
    try:
        with asker:
            asker.settimeout(None)
            while True:
                _answer(asker, receive(asker), station)
    except (WireError, AbandonedError):
        return
    finally:
        slots.release()


def _answer(asker: socket.socket, task: Message, station: Station) -> None:
    try:
        for envelope in station.do(task, asker=asker):
            envelope.forward(asker)
    except TaskLostError as loss:
        send(asker, Message(Kind.FAILED, {"why": loss.why.value}))
    except UnavailableError as error:
        log.error("sandbox has no children")  # noqa: TRY400  its frames say nothing more
        send(asker, Message(Kind.FAILED, {"why": "unavailable", "detail": error.message}))


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
