"""A worker process: a thread for each lane sleeps until the bell rings, and looks by itself every half minute."""

import os
import socket
import threading
from collections.abc import Callable
from functools import partial

from dicomgallery import settings
from dicomgallery.jobs.bell import BREATH_SECONDS, bell_of
from dicomgallery.jobs.queue import LANES, NOW
from dicomgallery.jobs.runner import ask_for_periodic, attempt, drain, free_expired
from dicomgallery.models import in_context

SWEEP_SECONDS = 30.0


def work() -> None:
    """Do jobs until the process is told to end; needs an application context."""
    me = f"{socket.gethostname()}:{os.getpid()}"[-64:]
    stop = threading.Event()
    rung = [threading.Event() for _ in LANES]

    def ring() -> None:
        for event in rung:
            event.set()

    def sweep() -> None:
        free_expired()
        ask_for_periodic()
        ring()

    for lane, event in zip(LANES, rung, strict=True):
        look = in_context(partial(_look, me, lane, stop))
        threading.Thread(target=_whenever, args=(event, look, stop), name=f"lane {lane.start}", daemon=True).start()
    threading.Thread(target=_regularly, args=(in_context(sweep), stop), name="sweep", daemon=True).start()
    bell = bell_of(settings.current())
    bell.answer_with(ring)
    consumer = bell.huey.create_consumer(
        workers=1, periodic=False, initial_delay=0.02, backoff=1.3, max_delay=0.25, check_worker_health=False
    )
    consumer.run()
    stop.set()


def _look(me: str, lane: range, stop: threading.Event) -> None:
    # Who waits at a page does not wait for other files to come.
    if lane.start != NOW:
        stop.wait(BREATH_SECONDS)
    drain(me, lane, stopping=stop.is_set)


def _whenever(rung: threading.Event, look: Callable[[], None], stop: threading.Event) -> None:
    while not stop.is_set():
        rung.wait()
        # Cleared first: who rings while this lane is at work is answered by another look.
        rung.clear()
        attempt(look)


def _regularly(sweep: Callable[[], None], stop: threading.Event) -> None:
    while not stop.is_set():
        attempt(sweep)
        stop.wait(SWEEP_SECONDS)
