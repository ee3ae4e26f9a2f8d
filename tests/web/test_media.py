"""A ZIP with a DICOMDIR, from the pages and by the API."""

import io
import zipfile

from flask.testing import FlaskClient

from dicomgallery.dicom import synthetic
from tests.conftest import Gallery
from tests.web.conftest import Browser


def _names(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def test_every_zip_leaves_with_a_directory_where_that_is_asked_for(
    gallery: Gallery, browser: Browser, client: FlaskClient
) -> None:
    gallery.ingest(*synthetic.ct_series(2, 32, 32))
    for level in ("studies", "series", "patients"):
        assert "DICOMDIR" in _names(browser.get(f"/{level}/1/archive?directory=1").data)
        assert f"/{level}/1/archive?directory=1" in browser.get(f"/{level}/1").text
    for level in ("studies", "series"):
        assert "DICOMDIR" in _names(client.get(f"/api/v1/{level}/1/archive?directory=1").data)
        assert "DICOMDIR" not in _names(client.get(f"/api/v1/{level}/1/archive?directory=2").data)

    chosen = browser.post("/selection/download", {"images": "2", "directory": "1"})

    assert _names(chosen.data) == ["DICOM/PA000001/ST000001/SE000001/IM000001", "DICOMDIR"]
    assert _names(client.post("/api/v1/archives?directory=1", json={"instances": [2]}).data) == _names(chosen.data)
