"""The same arrivals on PostgreSQL: the statements of the hot path meet its driver."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.factory import create_app
from dicomgallery.ingest.outcome import Accepted, Duplicate, Rejected
from dicomgallery.models import Collection, CollectionMember, FacetCount, Instance, Job, Receipt, Series, Study, db
from dicomgallery.sandbox import opening
from dicomgallery.sandbox.client import Sandbox
from dicomgallery.services import removal
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
