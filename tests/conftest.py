"""A gallery for every test: its own folder and database, real blobs, and one sandbox for all."""

import io
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydicom import Dataset
from sqlalchemy import func, select

from dicomgallery.access import LOCAL_OWNER, Actor, Scope
from dicomgallery.dicom import synthetic
from dicomgallery.factory import create_app
from dicomgallery.ingest.incoming import IncomingFile, Naming, Origin
from dicomgallery.ingest.outcome import IngestReport, Outcome
from dicomgallery.jobs.runner import drain
from dicomgallery.models import Instance, db
from dicomgallery.sandbox import opening
from dicomgallery.sandbox.client import Sandbox, open_sandbox
from dicomgallery.services.receiving import receive
from dicomgallery.settings import Settings
from tests import compiled
from tests.postgres import postgres

__all__ = ["postgres"]

compiled.use()

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@dataclass
class Gallery:
    """A gallery at work, spoken to through its public face."""

    app: Flask
    settings: Settings
    actor: Actor = LOCAL_OWNER

    @property
    def scope(self) -> Scope:
        """What the test's actor sees."""
        return self.actor.scope

    def receive(
        self,
        *files: bytes | Dataset | tuple[str, bytes | Dataset],
        collection: str | None = None,
        naming: Naming = Naming.LENIENT,
        receipt_id: int | None = None,
    ) -> IngestReport:
        """Take files in, each as bytes or a dataset, alone or with its name."""
        return receive(
            [incoming(file, number) for number, file in enumerate(files, 1)],
            actor=self.actor,
            origin=Origin.API,
            collection=collection,
            naming=naming,
            receipt_id=receipt_id,
        )

    def ingest(self, *files: bytes | Dataset | tuple[str, bytes | Dataset]) -> Sequence[Outcome]:
        """Take files in; their outcomes."""
        return self.receive(*files).outcomes

    def work(self) -> int:
        """Do all the jobs that are due; how many there were."""
        return drain("test")

    def instance_count(self) -> int:
        """How many instances are current and not in the bin."""
        db.session.rollback()
        shown = select(func.count(Instance.id)).where(Instance.is_current, Instance.binned_at.is_(None))
        return int(db.session.scalar(shown) or 0)


def incoming(file: bytes | Dataset | tuple[str, bytes | Dataset], number: int = 1) -> IncomingFile:
    """A file to take in."""
    name, content = file if isinstance(file, tuple) else (f"file-{number}.dcm", file)
    data = synthetic.as_bytes(content) if isinstance(content, Dataset) else content
    return IncomingFile(name, lambda: io.BytesIO(data))


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalog, made once by the migrations."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app(Settings(data=folder))
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    with sqlite3.connect(folder / "gallery.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "gallery.db"


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of a process; starting one takes a second."""
    sandbox = open_sandbox(Settings(data=tmp_path_factory.mktemp("sandbox")))
    yield sandbox
    sandbox.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of the test's gallery."""
    return Settings(data=tmp_path / "gallery")


@pytest.fixture
def app(
    settings: Settings, migrated_database: Path, shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The application with an empty catalog."""
    settings.data.mkdir(mode=0o700)
    (settings.data / "tmp").mkdir(mode=0o700)
    shutil.copy(migrated_database, settings.data / "gallery.db")
    monkeypatch.setattr(opening, "sandbox_of", lambda _settings: shared_sandbox)
    app = create_app(settings)
    app.jinja_env.bytecode_cache = compiled.PAGES
    app.testing = True
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A program without a session cookie."""
    return app.test_client()


@pytest.fixture
def gallery(app: Flask, settings: Settings) -> Iterator[Gallery]:
    """The gallery at work, inside its application context."""
    with app.app_context():
        yield Gallery(app, settings)


@pytest.fixture(scope="session")
def corpus() -> list[Path]:
    """The shared files, where they are."""
    if not CORPUS.is_dir():
        pytest.skip("the shared corpus is not beside the project")
    return sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.name != "MANIFEST.csv")


@pytest.fixture(scope="session")
def fuzz_count() -> int:
    """How many hostile inputs to try; the long run asks for many."""
    return int(os.environ.get("DICOMGALLERY_FUZZ", "0"))
