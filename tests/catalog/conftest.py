"""A catalog of invented rows, on SQLite and, where a server is installed, on PostgreSQL."""

import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
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
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a private PostgreSQL server on a Unix socket."""
    found = shutil.which("postgres") or next(map(str, SERVERS), "")
    if not found:
        pytest.skip("no PostgreSQL server is installed (looked on the PATH and in /usr/lib/postgresql)")
    binaries = Path(found).resolve().parent
    home = Path(tmp_path_factory.mktemp("postgres"))
    user = _ordinary_user(home)
    if user is None:
        pytest.skip("PostgreSQL does not run as root, and there is no user `nobody` to run it as")
    data, run = home / "data", home / "run"
    run.mkdir()
    if os.geteuid() == 0:
        shutil.chown(home, user)
        shutil.chown(run, user)
    as_user = {"user": user} if os.geteuid() == 0 else {}
    initialized = [binaries / "initdb", "-D", data, "-U", "gallery", "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run([*initialized, "--locale=C.UTF-8"], check=True, capture_output=True, cwd=home, **as_user)
    options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50", "-k", run]
    command = [binaries / "postgres", "-D", data, *options]
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=home, start_new_session=True, **as_user) as server,
    ):
        try:
            _wait_for(run / ".s.PGSQL.5432", server)
            yield f"postgresql+psycopg://gallery@/postgres?host={run}"
        finally:
            # SIGINT is PostgreSQL's fast shutdown.
            server.send_signal(2)
            server.wait(20)


def _ordinary_user(home: Path) -> str | None:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    if "nobody" not in {entry.pw_name for entry in pwd.getpwall()}:
        return None
    # pytest's folders are closed to others; this user must pass through them.
    for folder in (home, *home.parents):
        if folder == Path(folder.root) or folder.stat().st_mode & 0o001:
            continue
        folder.chmod(folder.stat().st_mode | 0o011)
    return "nobody"


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
