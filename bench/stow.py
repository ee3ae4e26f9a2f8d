"""How fast CT slices come in by STOW-RS, beside Orthanc where it is installed; and what memory a large one takes."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from itertools import count
from typing import Any

from bench.mixed import MB
from bench.peers import orthanc
from bench.server import Server, serving
from dicomgallery.dicom import synthetic

FILES = 400
A_REQUEST = 50
"""Slices in one body."""
WARM_FILES = 50
EDGE = "a-line-between-parts"
KIND = f'multipart/related; type="application/dicom"; boundary={EDGE}'
_HEAD = f"--{EDGE}\r\nContent-Type: application/dicom\r\n\r\n".encode()
_END = f"--{EDGE}--\r\n".encode()


def run(files: int = FILES, rounds: int = 3, drop_mb: int = 2000) -> dict[str, Any]:
    """Slices a second over one connection, each acknowledged after fsync, and MB of PSS above rest meanwhile."""
    slices = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(files + WARM_FILES)]
    figures: dict[str, Any] = {"files": files, "bytes_each": len(slices[0]), "files_a_request": A_REQUEST}
    ours, theirs = [], []
    for _ in range(rounds):
        with orthanc(dicomweb=True) as peer:
            if peer is not None:
                figures["version"] = peer.version
                theirs.append(_per_s(peer.connect, slices))
        with serving() as server:
            server.settle()
            ours.append(_per_s(server.connect, slices))
    figures["per_s"] = round(statistics.median(ours), 1)
    if theirs:
        figures["orthanc_per_s"] = round(statistics.median(theirs), 1)
        figures["ratio"] = round(statistics.median(our / their for our, their in zip(ours, theirs, strict=True)), 2)
    figures["memory"] = _memory(drop_mb)
    return figures


def _per_s(connect: Callable[[], HTTPConnection], slices: list[bytes]) -> float:
    connection = connect()
    bodies = [_body(slices[start : start + A_REQUEST]) for start in range(0, len(slices), A_REQUEST)]
    warm = WARM_FILES // A_REQUEST
    for body in bodies[:warm]:
        _post(connection, body, len(body))
    began = time.monotonic()
    for body in bodies[warm:]:
        _post(connection, body, len(body))
    return (len(slices) - WARM_FILES) / (time.monotonic() - began)


def send(connection: HTTPConnection, slices: list[bytes]) -> None:
    """Send slices, some of them in each body."""
    for start in range(0, len(slices), A_REQUEST):
        body = _body(slices[start : start + A_REQUEST])
        _post(connection, body, len(body))


def _body(slices: list[bytes]) -> bytes:
    return b"".join(_HEAD + data + b"\r\n" for data in slices) + _END


def _post(connection: HTTPConnection, body: bytes | Iterator[bytes], size: int) -> None:
    headers = {"Content-Type": KIND, "Content-Length": str(size), "Accept": "application/dicom+json"}
    connection.request("POST", "/dicom-web/studies", body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200 or json.loads(answer).get("00081198", {}).get("Value"):
        raise RuntimeError(f"It answered {response.status}: {answer[:200]!r}")


def _memory(drop_mb: int) -> dict[str, float]:
    """PSS of all processes before one body of this size, and at its highest while it comes."""
    with serving(DICOMGALLERY_JOB_WORKERS="1") as server:
        # What the first upload loads stays.
        connection = server.connect()
        send(connection, [synthetic.as_bytes(synthetic.ct_slice(1, of=1, seed=99))])
        server.settle()
        return {"body_mb": drop_mb} | server.memory_while(lambda: send_large(server, drop_mb))


def send_large(server: Server, drop_mb: int) -> str:
    """One body with a single series of this size, made while it is sent; gives the UID of its study."""
    slice_ = synthetic.ct_slice(1, of=1, seed=100)
    size = len(_HEAD) + len(synthetic.as_bytes(slice_)) + 2
    parts = drop_mb * MB // size

    def body() -> Iterator[bytes]:
        uid = slice_.SOPInstanceUID
        data = synthetic.as_bytes(slice_)
        for number in count(1):
            if number > parts:
                break
            # Other digits at the end of the UID make another instance, and other bytes.
            made = f"{uid[:-5]}{number:05}"
            yield _HEAD + data.replace(uid.encode(), made.encode()) + b"\r\n"
        yield _END

    _post(server.connect(), body(), parts * size + len(_END))
    return str(slice_.StudyInstanceUID)
