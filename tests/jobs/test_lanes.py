"""Later work goes in lanes, so that what somebody waits for stands behind nothing long."""

import threading
from collections.abc import Iterator
from itertools import chain

import pytest
from sqlalchemy import select

from dicomgallery.jobs import queue, runner
from dicomgallery.jobs.queue import IDLE, LANES, LONG, NOW, SOON, USUAL
from dicomgallery.jobs.runner import DUTIES, JobContext, drain, handles
from dicomgallery.models import Job, db, in_context, transaction
from tests.conftest import Gallery

PATIENCE_SECONDS = 30


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What the duty "test-long" waits for."""
    gate = threading.Event()
    handles("test-long")(lambda _context: gate.wait(PATIENCE_SECONDS))
    handles("test-short")(lambda _context: None)
    yield gate
    gate.set()
    del DUTIES["test-long"], DUTIES["test-short"]


def asked(name: str, priority: int) -> None:
    with transaction() as session:
        queue.enqueue(session, name, {}, priority=priority)


def states(name: str) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Job.state).where(Job.name == name).order_by(Job.id)))


def test_every_priority_belongs_to_one_lane() -> None:
    assert sorted(chain(*LANES)) == list(runner.EVERY)
    assert [[one for one in (NOW, SOON, USUAL, LONG, IDLE) if one in lane] for lane in LANES] == [
        [NOW],
        [SOON, USUAL],
        [LONG, IDLE],
    ]


@pytest.mark.usefixtures("gallery")
def test_a_lane_goes_on_while_another_is_at_something_long(gate: threading.Event) -> None:
    asked("test-long", LONG)
    slow = threading.Thread(target=in_context(lambda: drain("slow", LANES[2])))
    slow.start()
    asked("test-short", IDLE)
    asked("test-short", USUAL)
    asked("test-short", NOW)

    assert drain("quick", LANES[0]) == 1
    assert drain("quick", LANES[1]) == 1
    assert states("test-short") == ["queued", "done", "done"]
    assert states("test-long") != ["done"]

    gate.set()
    slow.join(PATIENCE_SECONDS)
    assert (states("test-long"), states("test-short")) == (["done"], ["done"] * 3)


def test_a_job_that_fails_comes_again_in_its_lane(gallery: Gallery, gate: threading.Event) -> None:
    def fail(_context: JobContext) -> None:
        raise ValueError

    handles("test-short")(fail)
    asked("test-short", NOW)

    assert drain("quick", LANES[1]) == 0
    assert drain("quick", LANES[0]) == 1

    assert states("test-short") == ["queued"]
    assert gallery.work() == 0
    assert not gate.is_set()
