"""How fast files come in: through the form's endpoint, as one ZIP, and one raw body after another."""

import io
import json
import statistics
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from typing import Any

from bench.peers import orthanc
from bench.server import Server, serving
from dicomgallery.dicom import synthetic

FILES = 1000
PAIR_FILES = 400
"""Many short turns beside Orthanc tell more than few long ones: a machine's speed drifts."""
WARM_FILES = 40
"""Sent before the clock runs, to either, over the connections that are measured: the first one pays for the start."""
TAR_FILES = 100
"""What a browser's script packs into one body of 64 MiB holds about this many CT slices."""


def run(files: int = FILES, rounds: int = 3) -> dict[str, Any]:
    """Files a second, each acknowledged after fsync; the median of fresh galleries."""
    slices = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(files)]
    ways: dict[str, Callable[[Server, list[bytes]], Callable[[], None]]] = {
        "form_one_file_a_request": _form,
        "form_folder_of_100": _folder,
        "zip_stored": _zip(zipfile.ZIP_STORED),
        "zip_deflated": _zip(zipfile.ZIP_DEFLATED),
        "raw_1_connection": _raw(1),
        "raw_4_connections": _raw(4),
    }
    figures: dict[str, Any] = {"files": files, "bytes_each": len(slices[0])}
    for name, way in ways.items():
        rates, cpu = [], []
        for _ in range(rounds):
            with serving() as server:
                prepared = way(server, slices)
                server.settle()
                before, began = server.cpu_seconds(), time.monotonic()
                prepared()
                rates.append(files / (time.monotonic() - began))
                cpu.append((server.cpu_seconds() - before) / files * 1000)
        figures[name] = {"per_s": round(statistics.median(rates), 1), "cpu_ms": round(statistics.median(cpu), 2)}
    figures["beside_orthanc"] = _beside_orthanc(slices[:PAIR_FILES], 2 * rounds + 1)
    return figures


def _beside_orthanc(slices: list[bytes], pairs: int) -> dict[str, Any] | None:
    """Raw bodies to the gallery and to Orthanc by turns; None when it is not installed."""
    figures: dict[str, Any] = {"files": len(slices)}
    for connections in (1, 4):
        ours, theirs = [], []
        for _ in range(pairs):
            with orthanc() as peer:
                if peer is None:
                    return None
                figures["version"] = peer.version
                theirs.append(_per_s(peer.connect, peer.post, slices, connections))
            with serving() as server:
                server.settle()
                ours.append(_per_s(server.connect, post_raw, slices, connections))
        figures[f"raw_{connections}"] = {
            "per_s": round(statistics.median(ours), 1),
            "orthanc_per_s": round(statistics.median(theirs), 1),
            "ratio": round(statistics.median(our / their for our, their in zip(ours, theirs, strict=True)), 2),
        }
    return figures


def _per_s(
    connect: Callable[[], HTTPConnection],
    post: Callable[[HTTPConnection, bytes], object],
    slices: list[bytes],
    connections: int,
) -> float:
    """Files a second, one after another on each connection."""
    open_ones = [connect() for _ in range(connections)]

    def send(number: int, files: list[bytes]) -> None:
        for data in files[number::connections]:
            post(open_ones[number], data)

    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(partial(send, files=slices[:WARM_FILES]), range(connections)))
        began = time.monotonic()
        list(pool.map(partial(send, files=slices[WARM_FILES:]), range(connections)))
        return (len(slices) - WARM_FILES) / (time.monotonic() - began)


def post_raw(connection: HTTPConnection, data: bytes) -> dict[str, Any]:
    """Send one file as a raw body; gives the gallery's answer."""
    return post(connection, "/api/v1/uploads", data, "application/dicom")


def post(connection: Any, path: str, body: bytes, kind: str) -> dict[str, Any]:
    """Send a body; gives the gallery's answer."""
    connection.request("POST", path, body, {"Content-Type": kind, "Accept": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status not in (200, 201):
        raise RuntimeError(f"The gallery answered {response.status}: {answer[:200]!r}")
    parsed: dict[str, Any] = json.loads(answer)
    return parsed


def _multipart(files: list[tuple[str, bytes]]) -> tuple[bytes, str]:
    edge = "edge-of-a-part"
    body = io.BytesIO()
    for name, data in files:
        head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        body.write(head.encode() + b"Content-Type: application/dicom\r\n\r\n" + data + b"\r\n")
    body.write(f"--{edge}--\r\n".encode())
    return body.getvalue(), f"multipart/form-data; boundary={edge}"


def _form(server: Server, slices: list[bytes]) -> Callable[[], None]:
    bodies = [_multipart([(f"{number}.dcm", data)]) for number, data in enumerate(slices)]
    connection = server.connect()

    def send() -> None:
        for body, kind in bodies:
            post(connection, "/upload", body, kind)

    return send


def _folder(server: Server, slices: list[bytes]) -> Callable[[], None]:
    named = [(f"{number}.dcm", data) for number, data in enumerate(slices)]
    bodies = [_multipart(named[start : start + TAR_FILES]) for start in range(0, len(named), TAR_FILES)]
    connection = server.connect()

    def send() -> None:
        for body, kind in bodies:
            post(connection, "/upload", body, kind)

    return send


def _zip(compression: int) -> Callable[[Server, list[bytes]], Callable[[], None]]:
    def prepare(server: Server, slices: list[bytes]) -> Callable[[], None]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", compression, compresslevel=1) as archive:
            for number, data in enumerate(slices):
                archive.writestr(f"ct/{number:05}.dcm", data)
        connection = server.connect()

        def send() -> None:
            answer = post(connection, "/api/v1/uploads", packed.getvalue(), "application/zip")
            if answer["accepted"] != len(slices):
                raise RuntimeError("Not every file was accepted.")

        return send

    return prepare


def _raw(connections: int) -> Callable[[Server, list[bytes]], Callable[[], None]]:
    def prepare(server: Server, slices: list[bytes]) -> Callable[[], None]:
        def send_share(share: list[bytes]) -> None:
            connection = server.connect()
            for data in share:
                post_raw(connection, data)

        def send() -> None:
            with ThreadPoolExecutor(connections) as pool:
                list(pool.map(send_share, [slices[start::connections] for start in range(connections)]))

        return send

    return prepare
