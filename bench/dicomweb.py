"""What DICOMweb gives back, beside Orthanc where it is installed: a study whole and as a ZIP, metadata, a search."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection
from typing import Any, Final

from bench import stow
from bench.gallery import written
from bench.peers import Orthanc, orthanc
from bench.server import Server, fresh_folder, serving
from dicomgallery.dicom import synthetic

FILES: Final = 1000
"""CT slices of half a megabyte in one series: a study of 525 MB."""
ROWS: Final = 100_000
INSTANCES_A_STUDY: Final = 200
"""Of the rows that are written for the search."""
SEARCHES: Final = 20
"""One after another in a round."""
GUIDE_MS: Final = 92.0
"""What Orthanc took on this search with all 100 000 instances, on a machine like those this is measured on."""
WHOLE: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'
JSON: Final = "application/dicom+json"

Ask = Callable[[HTTPConnection], object]


def run(files: int = FILES, rounds: int = 5, rows: int = ROWS, large_mb: int = 2000) -> dict[str, Any]:
    """Seconds of each answer, the whole of it read, the medians; ratios are Orthanc's time over ours, by turns."""
    return {
        "files": files,
        "retrieve": _retrieve(files, rounds),
        "search": _search(rows, rounds),
        "memory": _memory(large_mb),
        "load": round(os.getloadavg()[0], 1),
    }


def _retrieve(files: int, rounds: int) -> dict[str, Any]:
    datasets = synthetic.ct_series(files)
    study, series = datasets[0].StudyInstanceUID, datasets[0].SeriesInstanceUID
    slices = [synthetic.as_bytes(dataset) for dataset in datasets]
    del datasets
    with ExitStack() as stack:
        peer, server = stack.enter_context(orthanc(dicomweb=True)), stack.enter_context(serving())
        metadata = partial(fetch, path=f"/dicom-web/studies/{study}/series/{series}/metadata", accept=JSON)
        figures: dict[str, Any] = {"study_mb": round(sum(map(len, slices)) / 1e6)}
        if peer is not None:
            figures["version"] = peer.version
            stow.send(peer.connect(), slices)
        server.settle()
        stow.send(server.connect(), slices)
        # Of most of them there are only the files yet.
        figures["metadata_just_arrived_s"] = round(_seconds(server, metadata), 3)
        server.settle()
        whole = partial(fetch, path=f"/dicom-web/studies/{study}", accept=WHOLE)
        figures["study"] = _beside(server, peer, whole, whole, rounds)
        cold = partial(_forgotten, server)
        figures["metadata_cold"] = _beside(server, peer, metadata, metadata, rounds, before=cold)
        figures["metadata_cached"] = _beside(server, peer, metadata, metadata, rounds)
        ours = partial(fetch, path=f"/api/v1/studies/{study}/archive?compress=1")
        theirs = partial(fetch, path=f"/studies/{_theirs(peer)}/archive") if peer is not None else ours
        figures["archive_deflated"] = _beside(server, peer, ours, theirs, min(rounds, 3))
    return figures


def _search(rows: int, rounds: int) -> dict[str, Any]:
    """The first 25 studies of a great catalog.

    Orthanc would need an hour to take in as much, so it holds as many studies of a single small image each: less
    than ours, in its favor. What it took with everything stands beside as a guide.
    """
    folder = fresh_folder()
    with written(folder, rows):
        pass
    studies = rows // INSTANCES_A_STUDY
    with ExitStack() as stack:
        peer, server = stack.enter_context(orthanc(dicomweb=True)), stack.enter_context(serving(folder))
        if peer is not None:
            small = (synthetic.ct_slice(1, of=1, rows=16, columns=16, seed=number) for number in range(studies))
            stow.send(peer.connect(), list(map(synthetic.as_bytes, small)))
        server.settle()
        ask = partial(_often, partial(fetch, path="/dicom-web/studies?limit=25", accept=JSON))
        figures = _beside(server, peer, ask, ask, rounds, times=SEARCHES)
    figures |= {"rows": rows, "studies": studies, "guide_ratio": round(GUIDE_MS / 1000 / figures["s"], 1)}
    return figures


def _memory(large_mb: int) -> dict[str, float]:
    """PSS of all processes before a study of this size is asked for, and at its highest while it leaves."""
    with serving(DICOMGALLERY_JOB_WORKERS="1") as server:
        study = stow.send_large(server, large_mb)
        first = synthetic.ct_slice(1, of=1, seed=99)
        stow.send(server.connect(), [synthetic.as_bytes(first)])
        server.settle()
        # What the first answer loads stays.
        for _ in range(2 * (os.cpu_count() or 1)):
            fetch(server.connect(), f"/dicom-web/studies/{first.StudyInstanceUID}", WHOLE)
        server.settle()
        leaving = partial(fetch, server.connect(), f"/dicom-web/studies/{study}", WHOLE)
        return {"study_mb": large_mb} | server.memory_while(leaving)


def fetch(connection: HTTPConnection, path: str, accept: str = "*/*") -> int:
    """Read an answer to its end, no more than a piece of it held; gives its length."""
    connection.request("GET", path, headers={"Accept": accept})
    response = connection.getresponse()
    piece, size = bytearray(1 << 20), 0
    while got := response.readinto(piece):
        size += got
    if response.status != 200:
        raise RuntimeError(f"{path} was answered {response.status}: {bytes(piece[:200])!r}")
    return size


def _beside(
    server: Server,
    peer: Orthanc | None,
    ours: Ask,
    theirs: Ask,
    rounds: int,
    *,
    before: Callable[[], object] = lambda: None,
    times: int = 1,
) -> dict[str, Any]:
    """Seconds of one question to either by turns; the first turn is not counted."""
    pairs = list(_turns(server, peer, ours, theirs, rounds + 1, before, times))[1:]
    figures: dict[str, Any] = {
        "s": round(statistics.median(our for our, _, _ in pairs), 4),
        "cpu_s": round(statistics.median(cpu for _, cpu, _ in pairs), 4),
    }
    if peer is not None:
        figures["orthanc_s"] = round(statistics.median(their for _, _, their in pairs), 4)
        figures["ratio"] = round(statistics.median(their / our for our, _, their in pairs), 2)
    return figures


def _turns(
    server: Server,
    peer: Orthanc | None,
    ours: Ask,
    theirs: Ask,
    rounds: int,
    before: Callable[[], object],
    times: int,
) -> Iterator[tuple[float, float, float]]:
    for _ in range(rounds):
        their = _seconds(peer, theirs) if peer is not None else 0.0
        before()
        busy = server.cpu_seconds()
        our = _seconds(server, ours)
        yield our / times, (server.cpu_seconds() - busy) / times, their / times


def _seconds(asked: Server | Orthanc, ask: Ask) -> float:
    connection = asked.connect()
    began = time.perf_counter()
    ask(connection)
    return time.perf_counter() - began


def _often(ask: Ask, connection: HTTPConnection) -> None:
    for _ in range(SEARCHES):
        ask(connection)


def _forgotten(server: Server) -> None:
    """Clear the metadata that is kept, so that it is made anew."""
    for path in (server.data / "cache" / "metadata").rglob("*.gz"):
        path.unlink()


def _theirs(peer: Orthanc) -> str:
    """Orthanc's own name for its only study."""
    connection = peer.connect()
    connection.request("GET", "/studies")
    return str(connection.getresponse().read().decode().split('"')[1])
