"""A catalog of invented rows, on SQLite and, where a server is installed, on PostgreSQL."""

import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from dicomgallery.models import Base, db, prepare_engine
from dicomgallery.settings import Settings
from tests.catalog.cast import Cast

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)


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
def postgres() -> Iterator[str]:
    """The URL of a private PostgreSQL server on a Unix socket."""
    found = shutil.which("postgres") or next(map(str, SERVERS), "")
    if not found:
        pytest.skip("no PostgreSQL server is installed (looked on the PATH and in /usr/lib/postgresql)")
    is_root = os.geteuid() == 0
    if is_root and "nobody" not in {entry.pw_name for entry in pwd.getpwall()}:
        pytest.skip("PostgreSQL does not run as root, and there is no user `nobody` to run it as")
    as_user = {"user": "nobody"} if is_root else {}
    binaries = Path(found).resolve().parent
    # Not among pytest's folders: those are root's alone, and a socket's path must be short.
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if is_root:
            shutil.chown(home, "nobody")
        initialize = [binaries / "initdb", "-D", home / "data", "-U", "gallery", "--auth=trust", "--no-sync"]
        options = ["-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run([*initialize, *options], check=True, capture_output=True, cwd=home, **as_user)
        yield from _running([binaries / "postgres", "-D", home / "data", "-k", home], home, as_user)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _running(command: list[str | Path], home: Path, as_user: dict[str, str]) -> Iterator[str]:
    options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"]
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(
            [*command, *options], stdout=log, stderr=log, cwd=home, start_new_session=True, **as_user
        ) as server,
    ):
        try:
            _wait_for(home / ".s.PGSQL.5432", server)
            yield f"postgresql+psycopg://gallery@/postgres?host={home}"
        finally:
            # SIGINT is PostgreSQL's fast shutdown.
            server.send_signal(signal.SIGINT)
            server.wait(20)


def _wait_for(path: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert server.poll() is None, "PostgreSQL did not start"
        if path.exists():
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(path))
            return
        time.sleep(0.05)
    raise TimeoutError("PostgreSQL did not open its socket")


def _wait_until_ready(engine: sa.Engine) -> None:
    for _ in range(100):
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            time.sleep(0.05)
        else:
            return
    engine.connect().close()


@pytest.fixture(scope="session")
def postgres_catalog(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A PostgreSQL catalog, made once by the migrations; each test empties it."""
    settings = Settings(data=tmp_path_factory.mktemp("catalog"), database_url=postgres)
    with catalog_of(settings).app_context():
        _wait_until_ready(db.engine)
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
        tables = ", ".join(table.name for table in Base.metadata.tables.values() if table.name != "workspace")
        connection.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        connection.execute(sa.text("DELETE FROM workspace WHERE id > 1"))
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
