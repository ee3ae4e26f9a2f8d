"""A series as numbers, through the door."""

import gzip

import orjson
import pytest
from flask.testing import FlaskClient

from dicomgallery.dicom import synthetic
from tests import volumes as bodies
from tests.conftest import Gallery

ADDRESS = "/series/1/volume.values"


def told(data: bytes) -> dict[str, object]:
    length = int.from_bytes(data[:4], "little")
    found: dict[str, object] = orjson.loads(data[4 : 4 + length])
    return found


def test_numbers_come_packed_to_who_can_open_them_and_have_a_name_that_saves_asking_again(
    client: FlaskClient, gallery: Gallery
) -> None:
    gallery.ingest(*bodies.scan(step_mm=4.0, pixel_mm=(2.0, 2.0)))

    packed = client.get(ADDRESS, headers={"Accept-Encoding": "gzip"})
    plain = client.get(ADDRESS)

    assert (packed.status_code, packed.mimetype) == (200, "application/octet-stream")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Cache-Control"] == "private, no-cache"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 4
    assert "Content-Encoding" not in plain.headers
    about = told(plain.data)
    assert (about["levels"], about["rows"], about["columns"], about["unit"]) == (44, 44, 44, "HU")
    assert client.get(ADDRESS, headers={"If-None-Match": packed.headers["ETag"]}).status_code == 304
    fewer = client.get(f"{ADDRESS}?most=32", headers={"If-None-Match": packed.headers["ETag"]})
    assert (fewer.status_code, told(fewer.data)["rows"]) == (200, 32)


@pytest.mark.parametrize("most", ["257", "0", "x", "-1"])
def test_other_sizes_are_refused_in_words(client: FlaskClient, gallery: Gallery, most: str) -> None:
    gallery.ingest(*synthetic.ct_series(3, 16, 16))

    answer = client.get(f"{ADDRESS}?most={most}")

    assert answer.status_code == 422


def test_a_series_without_a_volume_says_why_in_its_place(client: FlaskClient, gallery: Gallery) -> None:
    gallery.ingest(synthetic.ct_slice())

    answer = client.get(ADDRESS)

    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["X-No-Picture"]
