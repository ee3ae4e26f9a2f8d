"""What DICOMweb gives back, beside Orthanc where it is installed: a study whole and as a ZIP, metadata, a search."""

import os
import zlib
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select

from bench import stow
from bench.gallery import written
from bench.peers import Orthanc, orthanc
from bench.server import Server, fresh_folder, serving
from bench.turns import Question, Turns
from dicomgallery.dicom import dicomjson, synthetic
from dicomgallery.models import Header, Series, transaction

FILES: Final = 1000
"""CT slices of half a megabyte in one series: a study of 525 MB."""
ARCHIVES: Final = 2
"""Orthanc takes most of a minute for each."""
ROWS: Final = 100_000
INSTANCES_A_STUDY: Final = 200
"""Of the rows that are written for the search."""
SEARCHES: Final = 20
"""One after another in a turn."""
GUIDE_MS: Final = 92.0
"""What an Orthanc with 100 000 instances took for this search when the targets were set."""
WHOLE: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'
JSON: Final = "application/dicom+json"
_HEADER_BYTES: Final = 1000
"""Less than the metadata of any slice takes."""


def run(files: int = FILES, rounds: int = 5, rows: int = ROWS, large_mb: int = 2000) -> dict[str, Any]:
    """Seconds until the last byte of each answer, as `Turns` tells them."""
    return {
        "files": files,
        "load_before": round(os.getloadavg()[0], 1),
        "retrieve": _retrieve(files, rounds),
        "search": _search(rows, rounds),
        "memory": _memory(large_mb),
        "load_after": round(os.getloadavg()[0], 1),
    }


def _retrieve(files: int, rounds: int) -> dict[str, Any]:
    datasets = synthetic.ct_series(files)
    study, series = str(datasets[0].StudyInstanceUID), str(datasets[0].SeriesInstanceUID)
    slices = [synthetic.as_bytes(dataset) for dataset in datasets]
    del datasets
    size = sum(map(len, slices))
    arrived: dict[str, float] = {}
    figures: dict[str, Any] = {"study_mb": round(size / 1e6), "metadata_just_arrived": arrived}
    metadata = Question(f"/dicom-web/studies/{study}/series/{series}/metadata", JSON, files * _HEADER_BYTES)
    whole = Question(f"/dicom-web/studies/{study}", WHOLE, size)
    with ExitStack() as stack:
        peer, server = stack.enter_context(orthanc(dicomweb=True)), stack.enter_context(serving())
        if peer is not None:
            figures["version"] = peer.version
            stow.send(peer.connect(), slices)
            arrived["orthanc_s"] = round(metadata.seconds(peer), 3)
        server.settle()
        stow.send(server.connect(), slices)
        # Of most of them there are only the files yet, and the workers are busy with them.
        arrived["s"] = round(metadata.seconds(server), 3)
        server.settle()
        turns = Turns(server, peer)
        figures["study"] = turns.take(whole, whole, rounds)
        figures["metadata_cold"] = turns.take(metadata, metadata, rounds, before=partial(_forget_metadata, server))
        figures["metadata_cached"] = turns.take(metadata, metadata, rounds)
        ours = Question(f"/api/v1/studies/{study}/archive?compress=1", least_bytes=size // 10)
        theirs = Question(f"/studies/{_named_by(peer)}/archive", least_bytes=size // 10) if peer is not None else ours
        figures["archive_deflated"] = turns.take(ours, theirs, min(rounds, ARCHIVES), warm=0)
    return figures


def _search(rows: int, rounds: int) -> dict[str, Any]:
    """The first 25 studies of a great catalog.

    Orthanc would take long to hold as much: it has as many studies of a single small image each, which is less work
    for it, so this ratio is a floor. What it took with everything stands beside as a guide.
    """
    folder = fresh_folder()
    _write(folder, rows)
    studies = rows // INSTANCES_A_STUDY
    with ExitStack() as stack:
        peer, server = stack.enter_context(orthanc(dicomweb=True)), stack.enter_context(serving(folder))
        if peer is not None:
            small = (synthetic.ct_slice(1, of=1, rows=16, columns=16, seed=number) for number in range(studies))
            stow.send(peer.connect(), list(map(synthetic.as_bytes, small)))
        server.settle()
        first = Question("/dicom-web/studies?limit=25", JSON, 25 * 100, times=SEARCHES)
        figures: dict[str, Any] = Turns(server, peer).take(first, first, rounds)
    figures |= {"rows": rows, "studies": studies}
    if rows == ROWS:
        figures["guide_ratio"] = round(GUIDE_MS / 1000 / figures["s"], 1)
    return figures


def _write(folder: Path, rows: int) -> None:
    """A catalog of rows, and of each series the header that speaks for it, as one that took in files has them."""
    header = zlib.compress(dicomjson.to_json(synthetic.ct_slice(rows=16, columns=16)))
    with written(folder, rows), transaction() as session:
        covers = select(Series.cover_id).where(Series.cover_id.not_in(select(Header.instance_id)))
        lacking = [{"instance_id": cover, "json_zlib": header} for cover in session.scalars(covers)]
        session.execute(insert(Header), lacking)


def _memory(large_mb: int) -> dict[str, float]:
    """PSS of all processes before a study of this size is asked for, and at its highest while it leaves."""
    with serving(DICOMGALLERY_JOB_WORKERS="1") as server:
        study = stow.send_large(server, large_mb)
        first = synthetic.ct_slice(1, of=1, seed=99)
        stow.send(server.connect(), [synthetic.as_bytes(first)])
        # What the first answer of each process loads stays.
        for _ in range(2 * (os.cpu_count() or 1)):
            Question(f"/dicom-web/studies/{first.StudyInstanceUID}", WHOLE).seconds(server)
        server.settle()
        leaving = Question(f"/dicom-web/studies/{study}", WHOLE, large_mb * 990_000)
        return {"study_mb": large_mb} | server.memory_while(lambda: leaving.seconds(server))


def _forget_metadata(server: Server) -> None:
    """Clear what is kept of it, so that it is made anew."""
    for path in (server.data / "cache" / "metadata").rglob("*.gz"):
        path.unlink()


def _named_by(peer: Orthanc) -> str:
    """Orthanc's own name for its only study."""
    connection = peer.connect()
    connection.request("GET", "/studies")
    return connection.getresponse().read().decode().split('"')[1]
