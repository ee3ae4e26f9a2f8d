"""Deleting, sending again and sweeping at the same time: what was acknowledged is there."""

import hashlib
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from multiprocessing.synchronize import Event as Stop
from pathlib import Path

import pytest
from sqlalchemy import select

from dicomgallery.access import LOCAL_OWNER, SYSTEM
from dicomgallery.dicom import synthetic
from dicomgallery.errors import NotFoundError
from dicomgallery.factory import create_app
from dicomgallery.ingest.incoming import Origin
from dicomgallery.ingest.outcome import Rejected
from dicomgallery.models import Instance, db, in_context
from dicomgallery.services import removal, upkeep
from dicomgallery.services.receiving import receive
from dicomgallery.services.upkeep import Kind
from dicomgallery.settings import Settings
from tests.conftest import Gallery, incoming
from tests.services.scenery import everything

FILES = 6
SECONDS = 3.0
LONG_SECONDS = float(os.environ.get("DICOMGALLERY_RACE_SECONDS", "60"))
RACES = [SECONDS, pytest.param(LONG_SECONDS, marks=pytest.mark.long)]


def send(files: list[bytes], stop: Callable[[], bool]) -> int:
    """Send every file again and again; each acknowledged one must have its bytes at that moment or be binned later."""
    count = 0
    while not stop():
        chosen = random.sample(files, 2)
        report = receive([incoming(data) for data in chosen], actor=LOCAL_OWNER, origin=Origin.API)
        assert not any(isinstance(outcome, Rejected) for outcome in report.outcomes)
        count += len(chosen)
    return count


def delete(stop: Callable[[], bool]) -> int:
    """Put everything into the bin, and empty it."""
    count = 0
    while not stop():
        try:
            removal.to_bin(everything(), actor=LOCAL_OWNER)
        except NotFoundError:
            time.sleep(0.002)
        count += removal.empty_bin(actor=LOCAL_OWNER)
    return count


def sweep(stop: Callable[[], bool]) -> int:
    """Sweep as if everything were old."""
    count = 0
    while not stop():
        count += upkeep.sweep(actor=SYSTEM, older_than_seconds=-60).blobs
        time.sleep(0.001)
    return count


def is_whole(files: list[bytes]) -> None:
    """Send all once more, and find every byte of it."""
    send_all = receive([incoming(data) for data in files], actor=LOCAL_OWNER, origin=Origin.API)
    assert len(send_all.kept) == len(files)
    found = upkeep.verify(actor=SYSTEM, older_than_seconds=-60)
    assert not found.wrong[Kind.ROWS_WITHOUT_BLOBS]
    assert not found.wrong[Kind.WRONG_HASHES]
    assert not found.wrong[Kind.WRONG_COUNTERS]
    db.session.rollback()
    kept = set(
        db.session.scalars(select(Instance.blob_sha256).where(Instance.is_current, Instance.binned_at.is_(None)))
    )
    assert kept == {hashlib.sha256(data).hexdigest() for data in files}


@pytest.mark.parametrize("seconds", RACES)
def test_threads_that_delete_send_again_and_sweep_lose_nothing(gallery: Gallery, seconds: float) -> None:
    files = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(FILES, 16, 16)]
    end = time.monotonic() + seconds
    counts: dict[str, int] = {}
    failures: list[BaseException] = []

    def run(name: str, work: Callable[[], int]) -> None:
        try:
            counts[name] = work()
        except BaseException as error:
            failures.append(error)
            raise

    def over() -> bool:
        return time.monotonic() > end or bool(failures)

    works = {
        "send": lambda: send(files, over),
        "send too": lambda: send(files, over),
        "delete": lambda: delete(over),
        "sweep": lambda: sweep(over),
    }
    threads = [
        threading.Thread(target=in_context(lambda name=name, work=work: run(name, work)))  # type: ignore[misc]
        for name, work in works.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert all(counts.values()), counts
    print(counts)
    is_whole(files)


@dataclass
class Start:
    """What the processes of a race share."""

    data: Path
    files: list[bytes]
    ready: Barrier
    stop: Stop
    done: "multiprocessing.Queue[tuple[str, int]]"


def run(start: Start, work: str) -> None:
    app = create_app(Settings(data=start.data))
    with app.app_context():
        start.ready.wait(60)
        works = {
            "send": lambda: send(start.files, start.stop.is_set),
            "delete": lambda: delete(start.stop.is_set),
            "sweep": lambda: sweep(start.stop.is_set),
        }
        try:
            start.done.put((work, works[work]()))
        except BaseException as error:
            start.done.put((work, 0))
            error.add_note(f"while it was to {work}")
            raise


@pytest.mark.parametrize("seconds", RACES[1:])
def test_processes_that_delete_send_again_and_sweep_lose_nothing(gallery: Gallery, seconds: float) -> None:
    files = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(FILES, 16, 16)]
    works = ["send", "send", "delete", "sweep"]
    spawn = multiprocessing.get_context("spawn")
    start = Start(gallery.settings.data, files, spawn.Barrier(len(works) + 1), spawn.Event(), spawn.Queue())
    processes = [spawn.Process(target=run, args=(start, work)) for work in works]
    for process in processes:
        process.start()
    start.ready.wait(60)
    time.sleep(seconds)
    start.stop.set()
    counts = [start.done.get(timeout=120) for _ in works]
    for process in processes:
        process.join(120)

    assert [process.exitcode for process in processes] == [0] * len(works)
    assert all(count for _, count in counts), counts
    print(counts)
    is_whole(files)
