"""Senders that dawdle, and sockets that say nothing, keep nobody else waiting."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from bench.server import Server, serving
from dicomgallery.dicom import synthetic
from tests.proof.asking import asking, form

SLOW_BODIES = 60
SILENT_SOCKETS = 64
PAGE_SECONDS = 15.0
"""The slow bodies take 40 s and more: a page that waits for one comes later than this, however slow the machine is."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@dataclass
class Slow:
    """Bodies that come a few bytes at a time, until they are let go; then the rest comes at once."""

    server: Server
    is_over: threading.Event = field(default_factory=threading.Event)
    statuses: list[int] = field(default_factory=list)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def send(self, path: str, body: bytes, kind: str) -> None:
        """Send one body as slowly as its length allows."""
        with contextlib.closing(self.server.connect()) as connection:
            connection.putrequest("POST", path)
            connection.putheader("Content-Type", kind)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body[:200])
            self.begun.release()
            at = 200
            while not self.is_over.wait(0.2) and at < len(body) - 100:
                connection.send(body[at : at + 10])
                at += 10
            connection.send(body[at:])
            response = connection.getresponse()
            response.read()
            self.statuses.append(response.status)


@pytest.mark.long
def test_sixty_slow_bodies_and_silent_sockets_do_not_hold_up_a_page(server: Server) -> None:
    slow = Slow(server)
    raw = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(SLOW_BODIES // 2, 32, 32)]
    forms = [form([(f"{number}.dcm", data)]) for number, data in enumerate(synthetic_mr(SLOW_BODIES // 2))]
    loads = [("/api/v1/uploads", data, "application/dicom") for data in raw]
    loads += [("/upload", body, headers["Content-Type"]) for body, headers in forms]
    threads = [threading.Thread(target=slow.send, args=load, daemon=True) for load in loads]
    with contextlib.ExitStack() as stack, asking(server) as asker:
        for number in range(SILENT_SOCKETS):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=5))
            if number % 2:
                silent.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        for thread in threads:
            thread.start()
        for _ in threads:
            assert slow.begun.acquire(timeout=60)
        time.sleep(0.5)

        waited = []
        for path in ("/", "/upload", "/static/css/base.css", "/receipts", "/healthz") * 4:
            # A connection of its own each time, as somebody who comes along.
            asker.close()
            answer = asker.get(path, "text/html")
            assert answer.status == 200, path
            waited.append(answer.seconds)

        assert not slow.statuses, "the slow bodies were over before anybody else asked"
        assert max(waited) < PAGE_SECONDS, sorted(waited)[-5:]
        slow.is_over.set()
        for thread in threads:
            thread.join(120)
    # They were slow, not wrong.
    assert slow.statuses == [201] * SLOW_BODIES


def synthetic_mr(count: int) -> list[bytes]:
    """Small files of another series."""
    return [synthetic.as_bytes(dataset) for dataset in synthetic.mr_series(count, 32, 32)]


def test_a_body_that_stops_halfway_leaves_nothing_behind(server: Server) -> None:
    (data,) = synthetic_mr(1)
    for path, body, headers in (
        ("/api/v1/uploads", data, {"Content-Type": "application/dicom"}),
        ("/upload", *form([("a.dcm", data)])),
    ):
        with contextlib.closing(server.connect()) as connection:
            connection.putrequest("POST", path)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders(body[: len(body) // 2])
            time.sleep(0.2)

    deadline = time.monotonic() + 15
    folder = server.data / "tmp"
    while list(folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list(folder.iterdir()) == []
    with asking(server) as asker:
        assert asker.get("/").status == 200


@pytest.mark.long
def test_a_socket_that_never_finishes_its_headers_is_hung_up_on(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=25) as silent:
        silent.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        began = time.monotonic()
        assert b"200 OK" not in silent.recv(4096)
        assert time.monotonic() - began < 20
