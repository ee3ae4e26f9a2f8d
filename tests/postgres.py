"""A private PostgreSQL server for the tests, where one is installed."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)


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


def wait_until_ready(engine: sa.Engine) -> None:
    """Wait until a server that has just been started lets somebody in."""
    for _ in range(100):
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            time.sleep(0.05)
        else:
            return
    engine.connect().close()
