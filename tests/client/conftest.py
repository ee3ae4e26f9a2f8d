"""A gallery that runs, with a password, and a client of it."""

from collections.abc import Iterator

import pytest

from bench.server import Server, serving
from dicomgallery.client import Gallery

AUTH = ("owner", "correct horse")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A gallery started as its owner starts it; tests share it, each with files of its own."""
    with serving(DICOMGALLERY_OWNER_PASSWORD=AUTH[1]) as running:
        yield running


@pytest.fixture
def url(server: Server) -> str:
    """Where it is."""
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def gallery(url: str) -> Iterator[Gallery]:
    """A client of it."""
    with Gallery(url, auth=AUTH) as client:
        yield client
