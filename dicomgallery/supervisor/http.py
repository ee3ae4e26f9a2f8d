"""The HTTP server: granian with workers that share what they have in common.

It runs as `python -m dicomgallery.supervisor.http`; with `ohif` behind it, it serves OHIF on that one's port.
"""

import gc
import importlib
import logging
import multiprocessing
import sys
import tempfile

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from dicomgallery import lifeline, logs
from dicomgallery import settings as setting

THREADS = 64
"""Requests that one worker works on at once; a slow body holds one of them."""

WAITING = 512
"""Requests that one worker takes in at once; those over THREADS wait their turn."""

GRACE_SECONDS = 2
"""What a request may still take when the server is told to end; an upload that is cut is not acknowledged."""


def serve(application: str = "app") -> None:
    """Answer requests until told to end; `application` is one of those that app.py makes."""
    settings = setting.load()
    logs.configure(settings.log_level)
    lifeline.forks_die_with_me()
    # Bodies being received hold patient data: they belong into the data folder, not the system's.
    tempfile.tempdir = str(settings.staging)
    # Workers are forked after the code is loaded, so its memory is shared; each makes its own application,
    # so no connection is.
    multiprocessing.set_start_method("fork", force=True)
    importlib.import_module("dicomgallery.factory")
    gc.collect()
    gc.freeze()
    # A request makes thousands of objects that die with it: looking for cycles every 700 of them is wasted time.
    gc.set_threshold(20_000, 20, 20)
    Server(
        f"app:{application}",
        address=settings.host,
        port=settings.ohif_port if application == "ohif" else settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=THREADS,
        backpressure=WAITING,
        backlog=1024,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig=_granians_logs(),
    ).serve()


def _granians_logs() -> dict[str, object]:
    """Let granian's records go the way of all others; access logs hold paths and stay off."""
    quiet = {"handlers": [], "level": logging.ERROR, "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "loggers": {"_granian": quiet, "granian.access": {**quiet, "propagate": False}},
    }


if __name__ == "__main__":
    serve(*sys.argv[1:])
