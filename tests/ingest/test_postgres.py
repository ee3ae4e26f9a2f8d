"""The same arrivals on PostgreSQL: the statements of the hot path meet its driver."""

import io
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ConflictError
from dicomgallery.factory import create_app
from dicomgallery.ingest.outcome import Accepted, Duplicate, Rejected
from dicomgallery.models import Collection, CollectionMember, FacetCount, Instance, Job, Receipt, Series, Study, db, now
from dicomgallery.sandbox import opening
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services import collecting, removal
from dicomgallery.settings import Settings
from tests.conftest import Gallery
from tests.postgres import wait_until_ready


@pytest.fixture
def gallery(
    postgres: str, tmp_path: Path, shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gallery]:
    """A gallery whose catalog is a database of its own on the server."""
    server = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    wait_until_ready(server)
    with server.connect() as connection:
        connection.execute(sa.text("DROP DATABASE IF EXISTS arrivals WITH (FORCE)"))
        connection.execute(sa.text("CREATE DATABASE arrivals"))
    server.dispose()
    data = tmp_path / "gallery"
    (data / "tmp").mkdir(parents=True, mode=0o700)
    settings = Settings(data=data, database_url=postgres.replace("/postgres?", "/arrivals?"))
    monkeypatch.setattr(opening, "sandbox_of", lambda _settings: shared_sandbox)
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        yield Gallery(app, settings)
        db.session.remove()
        db.engine.dispose()


def test_an_archive_with_twins_and_rubbish_is_told_file_by_file(gallery: Gallery) -> None:
    slices = synthetic.ct_series(12, rows=16, columns=16) + synthetic.mr_series(3)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, dataset in enumerate(slices):
            archive.writestr(f"{number}.dcm", synthetic.as_bytes(dataset))
        archive.writestr("twin.dcm", synthetic.as_bytes(slices[0]))
        archive.writestr("readme.txt", b"no dicom")

    outcomes = gallery.receive(packed.getvalue(), collection="研究").outcomes

    assert [type(outcome) for outcome in outcomes] == [Accepted] * 15 + [Duplicate, Rejected]
    assert outcomes[15].instance_id == outcomes[0].instance_id  # type: ignore[union-attr]
    ids = [outcome.instance_id for outcome in outcomes[:15]]  # type: ignore[union-attr]
    numbers = dict(db.session.execute(select(Instance.id, Instance.number)).all())
    assert [numbers[key] for key in ids] == [dataset.InstanceNumber for dataset in slices]
    assert dict(db.session.execute(select(Series.modality, Series.instance_count)).all()) == {"CT": 12, "MR": 3}
    assert db.session.scalar(select(func.sum(Study.instance_count))) == 15
    facets = select(FacetCount.value, FacetCount.count).where(FacetCount.facet == "modality")
    assert dict(db.session.execute(facets).all()) == {"CT": 1, "MR": 1}
    receipt = db.session.scalars(select(Receipt)).one()
    assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (15, 1, 1)
    assert db.session.scalars(select(Collection.name)).all() == ["研究"]
    assert db.session.scalar(select(func.count()).select_from(CollectionMember)) == 16


def test_files_one_by_one_share_a_job_and_its_work_is_done(gallery: Gallery) -> None:
    for dataset in synthetic.ct_series(4, rows=32, columns=32):
        gallery.ingest(dataset)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Job).where(Job.name == "prepare")) == 1

    gallery.work()

    db.session.rollback()
    assert db.session.scalars(select(Instance.render_state).distinct()).all() == ["ready"]
    assert db.session.scalars(select(Series.cover_id)).one() is not None


def test_what_is_replaced_binned_and_sent_again_comes_back(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, rows=16, columns=16)[0]
    [first] = gallery.ingest(dataset)
    dataset.SeriesDescription = "corrected"
    [second] = gallery.ingest(dataset)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert second.replaced_id == first.instance_id

    removal.to_bin(Selection(images=(second.instance_id,)), actor=gallery.actor)
    [again] = gallery.ingest(dataset)

    assert again == Duplicate("file-1.dcm", second.instance_id, restored=True)
    assert gallery.instance_count() == 1


def test_a_slice_does_not_wait_for_another_process_that_adds_to_the_series(gallery: Gallery) -> None:
    slices = synthetic.ct_series(2, rows=16, columns=16)
    gallery.ingest(slices[0])
    with db.engine.connect() as connection:
        connection.execute(sa.text("ALTER DATABASE arrivals SET lock_timeout = '2s'"))
        connection.commit()
    db.session.remove()
    db.engine.dispose()

    with db.engine.connect() as other:
        # What a row that another process has inserted, but not committed, holds of its series. If each of the two
        # then waited to lock the series whole, neither would ever get it.
        other.execute(select(Series.id).with_for_update(read=True, key_share=True))
        [outcome] = gallery.ingest(slices[1])

    assert isinstance(outcome, Accepted)
    assert db.session.scalars(select(Series.instance_count)).all() == [2]


@contextmanager
def another_process(first: sa.Executable, once_waited_for: sa.Executable) -> Iterator[None]:
    """While this lasts, somebody runs one statement, a second one as soon as we wait for the first, and commits."""
    began = threading.Event()

    def work(engine: sa.Engine) -> None:
        waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> :own")
        with engine.connect() as other, engine.connect() as watch:
            # So that of two that wait for each other we are the one to give up.
            other.execute(sa.text("SET LOCAL deadlock_timeout = '1min'"))
            other.execute(first)
            own = other.scalar(sa.text("SELECT pg_backend_pid()"))
            began.set()
            until = time.monotonic() + 20
            while not watch.scalar(waiting, {"own": own}):
                assert time.monotonic() < until, "nobody waited"
                watch.rollback()
                time.sleep(0.02)
            other.execute(once_waited_for)
            other.commit()

    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(work, db.engine)
        assert began.wait(20)
        yield
        done.result()


def test_an_arrival_and_another_process_that_wait_for_each_other_both_come_in(gallery: Gallery) -> None:
    first, second = synthetic.ct_series(2, rows=16, columns=16), synthetic.mr_series(2)
    gallery.ingest(first[0], second[0])
    ct, mr = db.session.scalars(select(Series.id).order_by(Series.id))
    db.session.rollback()
    hold = select(Series.id).with_for_update(key_share=True)

    with another_process(hold.where(Series.id == mr), hold.where(Series.id == ct)):
        outcomes = gallery.ingest(first[1], second[1])

    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted]
    assert db.session.scalars(select(Series.instance_count)).all() == [2, 2]
    assert db.session.scalar(select(func.count(Instance.id))) == 4


def test_counting_a_study_anew_takes_in_what_another_process_is_adding_to_it(gallery: Gallery) -> None:
    one, other = synthetic.ct_series(2, rows=16, columns=16), synthetic.ct_series(1, rows=16, columns=16)
    other[0].StudyInstanceUID = one[0].StudyInstanceUID
    other[0].SeriesInstanceUID, other[0].SOPInstanceUID = "1.2.826.0.1.1", "1.2.826.0.1.2"
    [kept, *_] = gallery.ingest(*one, *other)
    assert isinstance(kept, Accepted)
    newest = db.session.scalar(select(func.max(Series.id)))
    db.session.rollback()
    added = {"instance_count": Study.instance_count + 1}

    with another_process(
        sa.update(Study).values(added),
        sa.update(Series).where(Series.id == newest).values(instance_count=Series.instance_count + 1),
    ):
        removal.to_bin(Selection(images=(kept.instance_id,)), actor=gallery.actor)

    db.session.rollback()
    assert db.session.scalars(select(Series.instance_count).order_by(Series.id)).all() == [1, 2]
    assert db.session.scalars(select(Study.instance_count)).all() == [3]


def test_a_deletion_and_another_process_that_wait_for_each_other_both_are_done(gallery: Gallery) -> None:
    ct, mr = synthetic.ct_series(1, rows=16, columns=16), synthetic.mr_series(1)
    outcomes = gallery.ingest(*ct, *mr)
    ids = tuple(outcome.instance_id for outcome in outcomes if isinstance(outcome, Accepted))
    first, last = sorted(db.session.scalars(select(Series.id)))
    db.session.rollback()
    named = sa.update(Series).values(description="named anew")

    with another_process(named.where(Series.id == last), named.where(Series.id == first)):
        binned = removal.to_bin(Selection(images=ids), actor=gallery.actor)

    assert binned.instance_count == 2
    assert gallery.instance_count() == 0
    assert db.session.scalars(select(Series.instance_count)).all() == [0, 0]
    assert db.session.scalars(select(Series.description)).all() == ["named anew"] * 2


def test_of_two_processes_that_make_one_collection_the_second_is_told_that_it_is_there(gallery: Gallery) -> None:
    with pytest.raises(ConflictError) as refused:
        _make_while_another_does("Phantoms", gallery)

    assert "already" in refused.value.message
    assert db.session.scalars(select(Collection.name)).all() == ["Phantoms"]


def _make_while_another_does(name: str, gallery: Gallery) -> None:
    row = {"workspace_id": gallery.actor.workspace_id, "name": name, "created_at": now()}
    with another_process(sa.insert(Collection).values(row), select(sa.literal(1))):
        collecting.create(name, actor=gallery.actor)
