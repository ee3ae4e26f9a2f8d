"""A worker process: sleeps until the bell rings, and looks by itself every half minute."""

import logging
import os
import socket
import threading

from dicomgallery import settings
from dicomgallery.jobs.bell import BREATH_SECONDS, bell_of
from dicomgallery.jobs.runner import ask_for_periodic, drain, free_expired
from dicomgallery.models import in_context

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0


def work() -> None:
    """Do jobs until the process is told to end; needs an application context."""
    me = f"{socket.gethostname()}:{os.getpid()}"[-64:]
    stop = threading.Event()
    bell = bell_of(settings.current())
    one_at_a_time = threading.Lock()

    def look() -> None:
        with one_at_a_time:
            stop.wait(BREATH_SECONDS)
            drain(me, stopping=stop.is_set)

    def sweep() -> None:
        while not stop.is_set():
            free_expired()
            ask_for_periodic()
            look()
            stop.wait(SWEEP_SECONDS)

    bell.answer_with(in_context(look))
    sweeper = threading.Thread(target=in_context(sweep), name="sweep", daemon=True)
    sweeper.start()
    consumer = bell.huey.create_consumer(
        workers=1, periodic=False, initial_delay=0.02, backoff=1.3, max_delay=0.25, check_worker_health=False
    )
    consumer.run()
    stop.set()
