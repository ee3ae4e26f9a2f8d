"""What the tests of DICOMweb ask with."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dicomweb_client.api import DICOMwebClient
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bench.server import Server, serving
from tests.conftest import Gallery

Ask = Callable[..., TestResponse]
Find = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask(client: FlaskClient, gallery: Gallery) -> Ask:
    """Ask below /dicom-web, with the parameters of the query by name."""

    def asked(path: str, accept: str = "", **query: str | list[str]) -> TestResponse:
        headers = {"Accept": accept} if accept else {}
        return client.get(f"/dicom-web{path}", query_string=query or None, headers=headers)

    return asked


@pytest.fixture
def find(ask: Ask) -> Find:
    """The DICOM JSON models that a search finds."""

    def found(path: str, **query: str | list[str]) -> list[dict[str, Any]]:
        answer = ask(path, **query)
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == "application/dicom+json"
        return answer.get_json(force=True)  # type: ignore[no-any-return]

    return found


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    """A running gallery, one for all tests of this folder: each looks at what it has sent itself."""
    with serving() as running:
        yield running


@pytest.fixture(scope="package")
def remote(server: Server) -> DICOMwebClient:
    """A client that nobody here wrote."""
    return DICOMwebClient(f"http://127.0.0.1:{server.port}/dicom-web")
