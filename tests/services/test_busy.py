"""A database whose writers leave no turn: the answer is to try again, not that something broke."""

import sqlite3
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from dicomgallery.dicom import synthetic
from dicomgallery.errors import UnavailableError
from dicomgallery.models import db, transaction
from tests.conftest import Gallery


@pytest.fixture
def _impatient(gallery: Gallery) -> Iterator[None]:
    """Nobody waits half a minute for a test."""

    def hurry(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    event.listen(db.engine, "connect", hurry)
    db.session.remove()
    db.engine.dispose()
    yield
    event.remove(db.engine, "connect", hurry)


@pytest.fixture
def writer(gallery: Gallery) -> Iterator[sqlite3.Connection]:
    """Another process that writes and does not come to an end."""
    other = sqlite3.connect(gallery.settings.data / "gallery.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


@pytest.mark.usefixtures("_impatient")
def test_a_turn_that_never_comes_is_told_as_such_and_leaves_the_session_usable(writer: sqlite3.Connection) -> None:
    with pytest.raises(UnavailableError, match="try again"), transaction():
        pass

    writer.execute("COMMIT")
    with transaction():
        pass


@pytest.mark.usefixtures("_impatient")
def test_an_upload_that_finds_no_turn_is_answered_503_and_can_be_sent_again(
    client: FlaskClient, gallery: Gallery, writer: sqlite3.Connection
) -> None:
    data = synthetic.as_bytes(synthetic.secondary_capture(16, 16))

    refused = client.post("/api/v1/uploads", data=data, content_type="application/dicom")
    writer.execute("COMMIT")
    taken = client.post("/api/v1/uploads", data=data, content_type="application/dicom")

    assert (refused.status_code, taken.status_code) == (503, 201)
    assert "try again" in refused.text
    assert gallery.instance_count() == 1
