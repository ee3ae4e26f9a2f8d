"""How many frames a second leave as numbers over HTTP, never asked for before and again, and what one costs."""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np
import orjson

from bench.ingest import post_raw
from bench.render import jpeg_2000_slice, jpeg_ls
from bench.server import Server, serving
from dicomgallery.dicom import synthetic
from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import Format, RenderSpec

FRAMES: Final = 600
CONNECTIONS: Final = 4
TARGET_PER_S: Final = 300.0
MEMORY_MB: Final = 800.0
"""What the gallery may take, all told, while frames are asked for as fast as they come."""
REPEATS: Final = 40
_SPEC: Final = RenderSpec(frame=1, format=Format.VALUES)
_HEADERS: Final = {"Accept-Encoding": "gzip"}


def run(frames: int = FRAMES, repeats: int = REPEATS) -> dict[str, Any]:
    """Frames a second of CT of 512 x 512 over keep-alive connections, and milliseconds of processor for one."""
    figures: dict[str, Any] = {"frames": frames, "connections": CONNECTIONS, "one": _ones(repeats)}
    makers: dict[str, tuple[int, Callable[[int], bytes]]] = {"raw": (frames, _raw), "jpeg_ls": (frames // 3, _jpeg_ls)}
    for name, (count, make) in makers.items():
        with serving() as server:
            keys = _sent(server, [make(number) for number in range(1, count + 1)])
            server.settle()
            figures[name] = {"cold": _round(server, keys), "warm": _round(server, keys)}
    return figures


def _raw(number: int) -> bytes:
    return synthetic.as_bytes(synthetic.ct_slice(number, of=FRAMES))


def _jpeg_ls(number: int) -> bytes:
    one = synthetic.ct_slice(number, of=FRAMES)
    return jpeg_ls(one, imagecodecs.jpegls_encode(np.frombuffer(one.PixelData, "<u2").reshape(one.Rows, one.Columns)))


def _ones(repeats: int) -> dict[str, dict[str, float]]:
    """What one frame takes in the renderer, the file being in the page cache."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.dcm"
        for name, data in (("raw", _raw(20)), ("jpeg_ls", _jpeg_ls(20)), ("jpeg_2000", jpeg_2000_slice())):
            path.write_bytes(data)
            spent = []
            for _ in range(repeats):
                began = time.process_time()
                made = render(path, _SPEC)
                spent.append(time.process_time() - began)
            figures[name] = {"ms": round(statistics.median(spent) * 1000, 2), "bytes": len(made.data)}
    return figures


def _sent(server: Server, files: Sequence[bytes]) -> list[str]:
    """Send the files; where the values of each are."""
    connection = server.connect()
    for data in files:
        post_raw(connection, data)
    connection.request("GET", "/series/1/viewer/frames.json", headers={"Accept": "application/json"})
    listed = orjson.loads(connection.getresponse().read())
    return [one["values"] for one in listed["frames"]]


def _round(server: Server, addresses: Sequence[str]) -> dict[str, float]:
    """Ask for each once, over several connections at a time."""
    waiting, peak, over = iter(addresses), 0.0, threading.Event()
    guard = threading.Lock()
    size = 0

    def fetch(_: int) -> None:
        nonlocal size
        connection = server.connect()
        while True:
            with guard:
                address = next(waiting, None)
            if address is None:
                return
            connection.request("GET", address, headers=_HEADERS)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or answer.headers["Content-Type"] != Format.VALUES.media_type:
                raise RuntimeError(f"The gallery answered {answer.status}.")
            size = len(body)

    def watch() -> None:
        nonlocal peak
        while not over.wait(1.0):
            peak = max(peak, server.pss_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    before, began = server.cpu_seconds(), time.monotonic()
    try:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(fetch, range(CONNECTIONS)))
    finally:
        took, spent = time.monotonic() - began, server.cpu_seconds() - before
        over.set()
        watcher.join()
    return {
        "per_s": round(len(addresses) / took, 1),
        "cpu_ms": round(spent / len(addresses) * 1000, 2),
        "bytes_each": size,
        "pss_mb_peak": max(peak, server.pss_mb()),
    }
