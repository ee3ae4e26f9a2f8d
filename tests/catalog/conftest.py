"""A catalog of invented rows, on SQLite and, where a server is installed, on PostgreSQL."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from dicomgallery.models import Base, db, prepare_engine
from dicomgallery.settings import Settings
from tests.catalog.cast import Cast
from tests.postgres import wait_until_ready

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def catalog_of(settings: Settings) -> Flask:
    """An application with the catalog and nothing else."""
    app = Flask("catalog")
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    db.init_app(app)
    flask_migrate.Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    with app.app_context():
        prepare_engine(db.engine)
    return app


@pytest.fixture(scope="session")
def empty_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite catalog, made once by the migrations."""
    folder = tmp_path_factory.mktemp("empty")
    with catalog_of(Settings(data=folder)).app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    with sqlite3.connect(folder / "gallery.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "gallery.db"


@pytest.fixture(scope="session")
def postgres_catalog(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A PostgreSQL catalog, made once by the migrations; each test empties it."""
    settings = Settings(data=tmp_path_factory.mktemp("catalog"), database_url=postgres)
    with catalog_of(settings).app_context():
        wait_until_ready(db.engine)
        flask_migrate.upgrade()
        db.engine.dispose()
    return settings


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an empty catalog on each database."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("empty_catalog")
        shutil.copy(template, tmp_path / "gallery.db")
        return Settings(data=tmp_path)
    settings: Settings = request.getfixturevalue("postgres_catalog")
    engine = sa.create_engine(settings.database)
    with engine.begin() as connection:
        # A table of a few rows is emptied faster so than by TRUNCATE. As on a replica no trigger counts along.
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        tables = [table.name for table in Base.metadata.tables.values() if table.name != "workspace"]
        connection.execute(sa.text("; ".join(f"DELETE FROM {table}" for table in tables)))
        connection.execute(sa.text("DELETE FROM workspace WHERE id > 1"))
        restarted = "SELECT setval(seqrelid, 1, false) FROM pg_sequence WHERE seqrelid::regclass::text !~ '^workspace'"
        connection.execute(sa.text(restarted))
    engine.dispose()
    return settings


@pytest.fixture
def app(database: Settings) -> Iterator[Flask]:
    """The application on that catalog."""
    app = catalog_of(database)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Who writes the rows of a test."""
    return Cast()
