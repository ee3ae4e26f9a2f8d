"""Contract A: the gallery in a browser, and the exact text of a dataset."""

import html
import io
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pydicom.data import get_testdata_file

from tests.conftest import Gallery

GOLDEN = Path(__file__).parent.parent / "golden" / "contract_a"


def packaged(name: str) -> bytes:
    return Path(str(get_testdata_file(name))).read_bytes()


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "test-SR.dcm", "rtplan.dcm"])
def test_the_image_page_has_the_text_that_pydicom_2_4_4_printed(
    gallery: Gallery, client: FlaskClient, name: str
) -> None:
    [outcome] = gallery.ingest((name, packaged(name)))
    golden = next(path for path in GOLDEN.iterdir() if path.stem == Path(name).stem).read_text("utf-8").rstrip("\n")

    page = client.get(f"/images/{outcome.instance_id}/detail").get_data(as_text=True)
    alone = client.get(f"/images/{outcome.instance_id}/text").get_data(as_text=True)

    shown = [html.unescape(text) for text in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)]
    assert any(golden in text for text in shown)
    assert alone.rstrip("\n").endswith(golden)


def test_one_file_posted_is_saved_and_said_so_in_the_gallery(client: FlaskClient) -> None:
    data = {"file": (io.BytesIO(packaged("CT_small.dcm")), "CT_small.dcm")}

    answer = client.post("/images/new", data=data, content_type="multipart/form-data")

    assert (answer.status_code, answer.location) == (303, "/")
    page = client.get("/").get_data(as_text=True)
    assert "Image saved (CT_small.dcm)" in page
    # A series of one image shows the label of its file and links straight to its page.
    assert "CT_small.dcm" in page
    assert re.search(r'href="/images/\d+/detail"', page)


def test_a_file_that_is_no_image_says_why_not(client: FlaskClient) -> None:
    data = {"file": (io.BytesIO(b"hello"), "letter.txt")}

    client.post("/images/new", data=data, content_type="multipart/form-data")

    assert "Image not saved (letter.txt): " in client.get("/").get_data(as_text=True)


def test_posting_nothing_says_so(client: FlaskClient) -> None:
    client.post("/images/new", data={}, content_type="multipart/form-data")

    assert "no file was chosen" in client.get("/").get_data(as_text=True)
