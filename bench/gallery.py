"""How long the server works for one page of the gallery with a million images: search, facets, counts and HTML."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import flask_migrate
from flask import current_app

from bench.rows import Shape, write
from bench.server import fresh_folder
from dicomgallery.access import Scope
from dicomgallery.catalog import instances, search
from dicomgallery.catalog.query import Level, SearchQuery, Sort, parse
from dicomgallery.factory import create_app
from dicomgallery.models import db
from dicomgallery.settings import Settings

ROUNDS = 15
PAGES = 50

QUERIES: dict[str, SearchQuery] = {
    "default": SearchQuery(),
    "by name": SearchQuery(sort=Sort.NAME),
    "by study date": SearchQuery(sort=Sort.STUDY_DATE),
    "facet CT": parse({"modality": ["CT"]}),
    "facets CT, MR": parse({"modality": ["CT", "MR"]}),
    "two facets and dates": parse({"modality": ["MR"], "manufacturer": ["SIEMENS"], "from": ["2019"], "to": ["2021"]}),
    "collection": parse({"collection": ["1"]}),
    "name, common": parse({"q": ["smith"]}),
    "name, rare": parse({"q": ["PAT0000123"]}),
    "text in all": parse({"q": ["hospital"]}),
    "two letters": parse({"q": ["t2"]}),
    "family in its script": parse({"q": ["山田"]}),
    "keyword, common": parse({"q": ["Manufacturer=siemens"]}),
    "keyword, rare": parse({"q": ["DeviceSerialNumber=SN00123"]}),
    "keyword in all": parse({"q": ["Attribute7=value"]}),
    "word, facet, keyword": parse({"q": ["smith KVP=120"], "modality": ["CT"]}),
    "nothing": parse({"q": ["no such words"]}),
    "images": SearchQuery(level=Level.IMAGE),
    "images, facet CT": replace(parse({"modality": ["CT"]}), level=Level.IMAGE),
    "images, keyword in headers": replace(parse({"q": ["ImageComments=note7"]}), level=Level.IMAGE),
    "images, InstanceNumber": replace(parse({"q": ["InstanceNumber=3 Attribute7=value"]}), level=Level.IMAGE),
    "images, collection": replace(parse({"collection": ["1"]}), level=Level.IMAGE),
    "studies": SearchQuery(level=Level.STUDY),
    "studies by name": SearchQuery(level=Level.STUDY, sort=Sort.NAME),
    "studies, facet CT": replace(parse({"modality": ["CT"]}), level=Level.STUDY),
    "patients": SearchQuery(level=Level.PATIENT),
    "patients by study date": SearchQuery(level=Level.PATIENT, sort=Sort.STUDY_DATE),
    "patients, smith": replace(parse({"q": ["smith"]}), level=Level.PATIENT),
}


def run(rows: int = 1_000_000, *, keep: Path | None = None) -> dict[str, object]:
    """Median and 95th percentile in ms of the server's whole work for one page, by kind of page."""
    folder = keep or fresh_folder()
    with written(folder, rows) as written_s:
        pages = {name: _measured(query) for name, query in QUERIES.items()}
        pages["page 50 by its cursor"] = _far(SearchQuery())
        pages["page 50 of images"] = _far(SearchQuery(level=Level.IMAGE))
        pages["neighbors of an image"] = _timed(lambda: _neighbors(rows // 2))
        slowest = max(pages.values(), key=lambda page: page["median_ms"])
        return {
            "rows": rows,
            "written_s": round(written_s, 1),
            "database_mb": round((folder / "gallery.db").stat().st_size / 1e6),
            "slowest_median_ms": slowest["median_ms"],
            "pages": pages,
        }


EVERYTHING = Scope()


@contextmanager
def written(folder: Path, rows: int) -> Iterator[float]:
    """The application on a catalog of so many rows, written now unless it is there; gives the seconds it took."""
    app = create_app(Settings(data=folder, log_level="WARNING"))
    begun = time.perf_counter()
    with app.app_context():
        if not (folder / "gallery.db").exists():
            flask_migrate.upgrade()
            write(Shape.of(rows))
        yield time.perf_counter() - begun
        db.session.remove()
        db.engine.dispose()


def _page(query: SearchQuery, cursor: str | None = None) -> None:
    asked = [*query.args(), *([("cursor", cursor)] if cursor else [])]
    answer = current_app.test_client().get("/", query_string=urlencode(asked))
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"The gallery answered {answer.status_code}.")
    # As between two requests: the next one begins its own transaction.
    db.session.rollback()


def _neighbors(instance_id: int) -> None:
    instances.neighbors(EVERYTHING, instances.by_id(EVERYTHING, instance_id))
    db.session.rollback()


def _measured(query: SearchQuery, cursor: str | None = None) -> dict[str, float]:
    return _timed(lambda: _page(query, cursor))


def _far(query: SearchQuery) -> dict[str, float]:
    cursor: str | None = None
    for _ in range(PAGES - 1):
        cursor = search.page(EVERYTHING, query, cursor=cursor).next_cursor or cursor
    return _measured(query, cursor)


def _timed(work: Callable[[], object]) -> dict[str, float]:
    walls, busy = [], []
    for _ in range(ROUNDS):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        work()
        walls.append((time.perf_counter() - begun) * 1000)
        busy.append((time.process_time() - begun_cpu) * 1000)
    return {
        "first_ms": round(walls[0], 2),
        "best_ms": round(min(walls), 2),
        "median_ms": round(statistics.median(walls), 2),
        "p95_ms": round(sorted(walls)[int(len(walls) * 0.95)], 2),
        "cpu_ms": round(statistics.median(busy), 2),
    }
