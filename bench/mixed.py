"""What a person waits for while much comes in: the gallery page during an upload, cached thumbnails, memory."""

import hashlib
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from bench.ingest import post_raw
from bench.render import jpeg_2000_slice
from bench.server import Server, serving
from dicomgallery.dicom import synthetic

MB = 1_000_000


def run(files: int = 1000, drop_mb: int = 2000) -> dict[str, Any]:
    """Gallery p95 in ms while CT slices arrive, thumbnail p95 at 4 connections, PSS in MB at rest and during a drop."""
    figures: dict[str, Any] = {}
    slices = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(files)]
    with serving() as server:
        figures["start_seconds"] = server.start_seconds
        server.settle()
        figures["pss_mb_at_rest"] = server.pss_mb()
        figures["gallery_ms_during_upload"] = _gallery_during_upload(server, slices)
        server.settle()
        figures["gallery_ms_during_two_decodes"] = _gallery_during_decodes(server)
        figures["thumbnail_ms_cached_4_connections"] = _thumbnails(server, files)
        figures["pss_mb_settled"] = server.pss_mb()
        figures["pss_mb_peak_during_drop"] = _peak_during_drop(server, drop_mb)
    return figures


def spread(milliseconds: list[float]) -> dict[str, float]:
    """The median and the 95th percentile."""
    ordered = sorted(milliseconds)
    return {
        "p50": round(ordered[len(ordered) // 2], 2),
        "p95": round(ordered[int(len(ordered) * 0.95)], 2),
        "n": len(ordered),
    }


def _get(connection: Any, path: str) -> tuple[float, bytes]:
    began = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "text/html"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"The gallery answered {response.status}.")
    return (time.perf_counter() - began) * 1000, body


def _gallery_during_upload(server: Server, slices: list[bytes]) -> dict[str, float]:
    def upload() -> None:
        connection = server.connect()
        for data in slices:
            post_raw(connection, data)

    return _gallery_while(server, [upload])


def _gallery_during_decodes(server: Server, seconds: float = 8.0) -> dict[str, float]:
    """While two people look at JPEG 2000 pictures that nobody has looked at before."""
    keys = []
    for data in map(jpeg_2000_slice, range(1, 5)):
        [file] = post_raw(server.connect(), data)["files"]
        keys.append(f"{file['id']}-{hashlib.sha256(data).hexdigest()[:12]}")
    server.settle()
    ends = time.monotonic() + seconds

    def look(person: int) -> None:
        connection = server.connect()
        width = 200 + person
        while time.monotonic() < ends:
            for key in keys:
                _get(connection, f"/pictures/{key}/native-c40-w{width}.png")
            width += 2

    return _gallery_while(server, [partial(look, person) for person in (0, 1)])


def _gallery_while(server: Server, deeds: Sequence[Callable[[], None]]) -> dict[str, float]:
    """Ask for the gallery, again and again, until all of these deeds, done side by side, are done."""
    times: list[float] = []
    with ThreadPoolExecutor(len(deeds)) as pool:
        doing = [pool.submit(deed) for deed in deeds]
        connection = server.connect()
        while not all(one.done() for one in doing):
            times.append(_get(connection, "/")[0])
            time.sleep(0.02)
        for one in doing:
            one.result()
    return spread(times)


def _thumbnails(server: Server, files: int) -> dict[str, float]:
    _, page = _get(server.connect(), "/?level=images")
    paths = sorted({part.split('"')[0] for part in page.decode().split('src="')[1:] if part.startswith("/pictures/")})
    if not paths:
        raise RuntimeError("The gallery shows no pictures.")

    def fetch(start: int) -> list[float]:
        connection = server.connect()
        return [_get(connection, paths[(start + step) % len(paths)])[0] for step in range(files)]

    for path in paths:
        _get(server.connect(), path)
    with ThreadPoolExecutor(4) as pool:
        return spread([taken for times in pool.map(fetch, range(4)) for taken in times])


def _peak_during_drop(server: Server, drop_mb: int) -> float:
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            peak = max(peak, server.pss_mb())
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        _drop(server, drop_mb)
        server.settle()
    finally:
        done.set()
        watcher.join()
    return peak


def _drop(server: Server, drop_mb: int) -> None:
    target = Path(server.data).parent / "drop.zip"
    written, seed = 0, 100
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        while written < drop_mb * MB:
            seed += 1
            for number, dataset in enumerate(synthetic.ct_series(200, seed=seed)):
                data = synthetic.as_bytes(dataset)
                archive.writestr(f"{seed}/{number:04}.dcm", data)
                written += len(data)
    connection = server.connect()
    with target.open("rb") as body:
        size = str(target.stat().st_size)
        connection.request("POST", "/api/v1/uploads", body, {"Content-Type": "application/zip", "Content-Length": size})
        response = connection.getresponse()
        response.read()
        if response.status != 201:
            raise RuntimeError(f"The gallery answered {response.status} to the drop.")
    target.unlink()
