"""What the contracts' plain HTTP clients send, and what came back."""

import contextlib
import http.client
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bench.server import Server

EDGE = "a-line-between-parts"


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.type = response.getheader("Content-Type", "")
        self.body = response.read()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON, with the order of its keys."""
        return json.loads(self.body)


def ask(server: Server, method: str, path: str, body: bytes | None = None, content_type: str = "") -> Answer:
    """Send one request over a connection of its own."""
    with contextlib.closing(server.connect()) as connection:
        connection.request(method, path, body, {"Content-Type": content_type} if content_type else {})
        return Answer(connection.getresponse())


def upload(
    server: Server,
    fields: Mapping[str, str],
    files: Sequence[tuple[str, str, bytes]],
    content_type: str = "application/octet-stream",
) -> Answer:
    """Send a form to `/upload`: texts, and files as (field, name, content)."""
    body = b""
    for name, value in fields.items():
        body += f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for field, name, data in files:
        head = f'--{EDGE}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        body += head.encode() + f"Content-Type: {content_type}\r\n\r\n".encode() + data + b"\r\n"
    body += f"--{EDGE}--\r\n".encode()
    return ask(server, "POST", "/upload", body, f"multipart/form-data; boundary={EDGE}")
