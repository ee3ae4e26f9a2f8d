"""A client that keeps its connection, and holds every answer to what is promised of all of them."""

import contextlib
import http.client
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bench.server import Server
from dicomgallery.serving.headers import CONTENT_SECURITY_POLICY

EDGE = "a-line-between-parts"
PAGE = {"Accept": "text/html,application/xhtml+xml"}
SETTLE_SECONDS = 600
REST_SECONDS = 5


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON, NaN not allowed (RFC 8259)."""
        return json.loads(self.body, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@dataclass
class Asker:
    """Asks one server; no answer may be a 5xx, and each carries the policy against inline scripts."""

    server: Server
    _connections: list[tuple[http.client.HTTPConnection, float]] = field(default_factory=list)
    """Those at rest, and since when."""

    def get(self, path: str, accept: str = "*/*") -> Answer:
        """Ask for a path."""
        return self.send("GET", path, headers={"Accept": accept})

    def page(self, path: str) -> str:
        """The text of a page that is there."""
        answer = self.send("GET", path, headers=PAGE)
        assert answer.status == 200, (path, answer.status)
        assert answer.headers["content-type"].startswith("text/html"), path
        return answer.text

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send anything."""
        began = time.monotonic()
        connection = self._at_rest(began) or self.server.connect()
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        answer = Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
            time.monotonic() - began,
        )
        self._connections.append((connection, time.monotonic()))
        assert answer.status < 500, (method, path, answer.status, answer.body[:300])
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY, path
        return answer

    def close(self) -> None:
        """Hang up."""
        while self._connections:
            self._connections.pop()[0].close()

    def _at_rest(self, now: float) -> http.client.HTTPConnection | None:
        """A connection to use again; the server hangs up after ten seconds without a word."""
        while self._connections:
            connection, since = self._connections.pop()
            if now - since < REST_SECONDS:
                return connection
            connection.close()
        return None


@contextlib.contextmanager
def asking(server: Server) -> Iterator[Asker]:
    """An asker that hangs up at the end."""
    asker = Asker(server)
    try:
        yield asker
    finally:
        asker.close()


def form(files: Sequence[tuple[str, bytes]], *, field: str = "files", **fields: str) -> tuple[bytes, dict[str, str]]:
    """A multipart form as a program writes one, its names in UTF-8 with quotes escaped as browsers do."""
    body = bytearray()
    for name, value in fields.items():
        body += f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, data in files:
        safe = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'--{EDGE}\r\nContent-Disposition: form-data; name="{field}"; filename="{safe}"\r\n'
        body += head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n"
    body += f"--{EDGE}--\r\n".encode()
    return bytes(body), {"Content-Type": f"multipart/form-data; boundary={EDGE}"}


def query(**args: str | Sequence[str]) -> str:
    """A query string, its question mark included."""
    return "?" + urlencode(args, doseq=True)


def rows(server: Server, statement: str, *values: object) -> list[sqlite3.Row]:
    """What stands in the catalog, read beside the server."""
    with contextlib.closing(
        sqlite3.connect(f"file:{server.data}/gallery.db?mode=ro", uri=True, timeout=30)
    ) as database:
        database.row_factory = sqlite3.Row
        return database.execute(statement, values).fetchall()


def settle(server: Server) -> None:
    """Wait until every thumbnail is made, or has failed for good."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        waiting = "SELECT count(*) FROM job WHERE name = 'prepare' AND state IN ('queued', 'running')"
        if rows(server, waiting)[0][0] == 0:
            return
        time.sleep(0.1)
    raise AssertionError("the jobs did not settle")
