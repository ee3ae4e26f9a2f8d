"""What is made of instances after they came in."""

import threading
import zlib
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from dicomgallery.access import LOCAL_OWNER
from dicomgallery.catalog import instances as catalog_instances
from dicomgallery.dicom import synthetic
from dicomgallery.errors import UnavailableError
from dicomgallery.imaging.spec import THUMBNAIL
from dicomgallery.jobs import queue
from dicomgallery.jobs.runner import JobContext, run_next
from dicomgallery.models import Change, Header, Instance, Job, Series, SeriesWord, db, transaction
from dicomgallery.sandbox import opening
from dicomgallery.services import pictures, preparing, removal
from tests.conftest import Gallery
from tests.services.scenery import blob_of, images


def ids_of(gallery: Gallery, *datasets: object) -> list[int]:
    return [outcome.instance_id for outcome in gallery.ingest(*datasets)]  # type: ignore[union-attr, arg-type]


def states(ids: list[int]) -> list[tuple[str, str]]:
    db.session.rollback()
    query = select(Instance.render_state, Instance.render_reason).where(Instance.id.in_(ids)).order_by(Instance.id)
    return list(db.session.execute(query))


def has_thumbnail(instance_id: int) -> bool:
    return pictures.cache().has(blob_of(instance_id).name, THUMBNAIL.token())


def test_after_the_work_everything_is_there(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(3, 64, 64), synthetic.basic_report())

    assert gallery.work() >= 1

    assert states(ids) == [("ready", "")] * 3 + [("none", "not_an_image")]
    assert [has_thumbnail(key) for key in ids] == [True, True, True, False]
    headers = db.session.scalars(select(Header.json_zlib)).all()
    assert len(headers) == 4
    assert all(zlib.decompress(header).startswith(b"{") for header in headers)
    tokens = set(db.session.scalars(select(SeriesWord.token)))
    assert {"modality:ct", "modality:sr"} <= tokens
    assert "pictured" in db.session.scalars(select(Change.kind)).all()


def test_a_slice_that_came_before_its_position_was_kept_gets_it_with_its_new_pictures(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    gallery.work()
    with transaction() as session:
        session.execute(update(Instance).values(position=None))
        preparing.again(session, ids)

    gallery.work()

    db.session.rollback()
    assert db.session.scalars(select(Instance.position).order_by(Instance.id)).all() == [
        "-190\\-190\\0",
        "-190\\-190\\-2.5",
    ]


def test_what_arrives_does_not_join_work_that_nobody_waits_for(gallery: Gallery) -> None:
    old, new = synthetic.ct_series(2, 32, 32)
    ids = ids_of(gallery, old)
    gallery.work()
    with transaction() as session:
        preparing.again(session, ids)

    ids_of(gallery, new)

    db.session.rollback()
    waiting = select(Job.priority).where(Job.name == "prepare", Job.state == "queued").order_by(Job.priority)
    assert db.session.scalars(waiting).all() == [queue.SOON, queue.IDLE]


def test_the_middle_slice_in_space_stands_for_its_series(gallery: Gallery) -> None:
    slices = synthetic.ct_series(5, 32, 32)
    order = [3, 0, 4, 1, 2]
    ids = ids_of(gallery, *(slices[number] for number in order))
    assert db.session.scalars(select(Series.cover_id)).one() == ids[0]

    gallery.work()
    db.session.rollback()

    in_space = [
        one.id for one in catalog_instances.in_order(LOCAL_OWNER.scope, db.session.scalars(select(Series.id)).one())
    ]
    assert db.session.scalars(select(Series.cover_id)).one() == in_space[2] == ids[order.index(2)]


def test_doing_it_twice_changes_nothing(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    gallery.work()
    words = db.session.scalar(select(func.count()).select_from(SeriesWord))

    preparing.prepare(JobContext(0), instances=ids)

    assert states(ids) == [("ready", "")] * 2
    assert db.session.scalar(select(func.count()).select_from(SeriesWord)) == words
    assert db.session.scalar(select(func.count()).select_from(Header)) == 2


def test_an_instance_that_is_gone_is_skipped(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(3, 32, 32))
    removal.to_bin(images(ids[:1]), actor=LOCAL_OWNER)
    removal.empty_bin(actor=LOCAL_OWNER)

    preparing.prepare(JobContext(0), instances=ids)

    assert states(ids) == [("ready", "")] * 2


def test_a_file_that_cannot_be_read_never_spoils_its_batch(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(3, 32, 32))
    blob_of(ids[0]).write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 500)
    blob_of(ids[1]).unlink()

    preparing.prepare(JobContext(0), instances=ids)

    assert [state for state, _ in states(ids)] == ["failed", "failed", "ready"]
    assert states(ids)[1][1] == pictures.MISSING_FILE
    assert all(db.session.scalars(select(Instance.render_detail).where(Instance.id.in_(ids[:2]))))
    assert db.session.scalars(select(Header.instance_id)).all() == ids[2:]


def test_a_sandbox_that_is_away_brings_the_job_back(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def render(self, *_: object, **__: object) -> None:
            raise UnavailableError("The gallery is busy; try again in a moment.")

    ids = ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    with monkeypatch.context() as patch:
        patch.setattr(opening, "sandbox_of", lambda _settings: Away())
        assert run_next("test")
    assert states(ids) == [("pending", "")] * 2
    with transaction() as session:
        assert session.scalars(select(Job.state).where(Job.name == "prepare")).all() == ["queued"]
        session.execute(update(Job).values(run_after=None))

    gallery.work()

    assert states(ids) == [("ready", "")] * 2


def test_what_is_ready_shows_before_the_batch_is_over(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "COMMIT_SECONDS", -1.0)
    ids = ids_of(gallery, *synthetic.ct_series(3, 32, 32))
    with transaction() as session:
        session.execute(delete(Change))

    preparing.prepare(JobContext(0), instances=ids)

    assert db.session.scalars(select(Change.kind)).all() == ["pictured"] * 3


def test_the_whole_corpus_is_prepared_and_every_state_has_its_reason(gallery: Gallery, corpus: list[Path]) -> None:
    gallery.receive(*((path.name, path.read_bytes()) for path in corpus[::12]))

    gallery.work()

    told = db.session.execute(select(Instance.render_state, Instance.render_reason, Instance.render_detail)).all()
    assert told
    for state, reason, detail in told:
        assert state in {"ready", "failed", "none"}
        assert (state == "ready") == (not reason) == (not detail)


def test_pictures_give_way_to_what_arrives_but_are_made_all_the_same(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(4, 32, 32))
    done = threading.Event()

    def keep_arriving() -> None:
        while not done.wait(0.01):
            (gallery.settings.data / "tmp" / "arriving").touch()
            (gallery.settings.data / "tmp" / "arriving").unlink()

    sender = threading.Thread(target=keep_arriving)
    sender.start()
    try:
        gallery.work()
    finally:
        done.set()
        sender.join()

    assert states(ids) == [("ready", "")] * 4
