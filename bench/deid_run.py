"""How many CT images a run de-identifies, stores and indexes in a second, in a gallery as a user starts it."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlencode

from bench.ingest import post_raw
from bench.server import Server, serving
from dicomgallery.dicom import synthetic

WARM_FILES: Final = 40
"""De-identified before the clock runs: the first ones pay for what is loaded when it is needed."""
TARGET_PER_S: Final = 160
_PATIENCE_SECONDS: Final = 600
_LOOK_SECONDS: Final = 0.05


def run(files: int) -> dict[str, Any]:
    """Objects a second until the run is done, and until its copies are indexed too; CPU of all processes for each."""
    with serving() as server:
        connection = server.connect()
        for seed, number in ((1, WARM_FILES), (2, files)):
            for one in synthetic.ct_series(number, seed=seed):
                post_raw(connection, synthetic.as_bytes(one))
        server.settle()
        _done(server, study=1, files=WARM_FILES)
        server.settle()
        return _done(server, study=2, files=files)


def _done(server: Server, study: int, files: int) -> dict[str, Any]:
    headers = _headers(server)
    address = _post(server, "/deidentify", {"studies": study})
    before, began = server.cpu_seconds(), time.monotonic()
    _post(server, f"{address}/start", {})
    done = _waited(lambda: _is_there(server, f"{address}/report.json"), began)
    indexed = _waited(lambda: _headers(server) >= headers + files, began)
    server.settle()
    return {
        "files": files,
        "done_per_s": round(files / done, 1),
        "indexed_per_s": round(files / indexed, 1),
        "cpu_ms": round((server.cpu_seconds() - before) / files * 1000, 2),
    }


def _waited(is_so: Callable[[], bool], began: float) -> float:
    """Seconds from the beginning until something is so."""
    while not is_so():
        if time.monotonic() - began > _PATIENCE_SECONDS:
            raise RuntimeError("The run did not come to its end in time.")
        time.sleep(_LOOK_SECONDS)
    return time.monotonic() - began


def _headers(server: Server) -> int:
    """How many objects the index holds; read beside the gallery, which has no page that says so."""
    with closing(sqlite3.connect(f"file:{server.data / 'gallery.db'}?mode=ro", uri=True, timeout=30)) as database:
        return int(database.execute("SELECT count(*) FROM header").fetchone()[0])


def _is_there(server: Server, path: str) -> bool:
    with closing(server.connect()) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status == 200


def _post(server: Server, path: str, fields: dict[str, Any]) -> str:
    """Send a form; gives the address that it leads to."""
    with closing(server.connect()) as connection:
        connection.request("POST", path, urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 303:
            raise RuntimeError(f"The gallery answered {answer.status}.")
        return str(answer.headers["Location"])
