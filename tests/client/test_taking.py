"""What the client takes away, and how it fails."""

import io
import subprocess
import sys
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import nibabel
import numpy as np
import pytest
from PIL import Image

from dicomgallery.client import (
    Gallery,
    GalleryError,
    JobFailedError,
    NotFoundError,
    RefusedError,
    SignInNeededError,
    UnreachableError,
)
from dicomgallery.dicom import synthetic
from tests.client.making import ct


def test_a_file_comes_back_as_it_was_sent(gallery: Gallery, tmp_path: Path) -> None:
    one = ct(1)[0]
    key = gallery.upload(one).ids[0]

    saved = gallery.save_file(key, tmp_path / "one.dcm")

    assert gallery.file(key) == saved.read_bytes() == synthetic.as_bytes(one)
    assert saved.stat().st_mode & 0o077 == 0


def test_studies_and_series_come_as_zips(gallery: Gallery, tmp_path: Path) -> None:
    slices = ct(3)
    gallery.upload(*slices)

    for saved in (
        gallery.save_study(slices[0].StudyInstanceUID, tmp_path / "study.zip"),
        gallery.save_series(slices[0].SeriesInstanceUID, tmp_path / "series.zip"),
    ):
        with zipfile.ZipFile(saved) as archive:
            held = {archive.read(name) for name in archive.namelist()}
        assert {synthetic.as_bytes(one) for one in slices} <= held


def test_a_download_that_fails_leaves_nothing_behind(gallery: Gallery, tmp_path: Path) -> None:
    there = tmp_path / "study.zip"
    there.write_bytes(b"an older one")

    with pytest.raises(NotFoundError, match="no such study"):
        gallery.save_study(10**9, there)

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"an older one"]


def test_a_picture_comes_as_bytes_and_as_an_image(gallery: Gallery) -> None:
    key = gallery.upload(*ct(1, side=64)).ids[0]

    picture = gallery.picture(key, format="jpg", window=400, level=40, overlays=False)
    image = gallery.image(key, size=32, invert=True)

    with Image.open(io.BytesIO(picture)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (64, 64))
    assert (image.format, image.size) == ("PNG", (32, 32))
    with pytest.raises(RefusedError, match="window"):
        gallery.picture(key, window=400)


def test_an_export_is_waited_for_and_has_each_value_where_the_array_has_it(gallery: Gallery, tmp_path: Path) -> None:
    slices = ct(4)
    gallery.upload(*slices)
    series = slices[0].SeriesInstanceUID

    saved = gallery.save_export(series, "nifti", tmp_path / "volume.nii.gz")

    volume = nibabel.load(saved)
    found = gallery.to_numpy(series=series)
    assert found.affine is not None
    # NIfTI looks to the right and to the front (RAS), DICOM to the left and to the back.
    into = np.linalg.inv(volume.affine) @ np.diag([-1, -1, 1, 1]) @ found.affine
    for place in ((0, 0, 0), (1, 20, 7), (3, 31, 30)):
        x, y, z = np.rint(into @ [*place, 1])[:3].astype(int)
        assert volume.get_fdata()[x, y, z] == found.values[place]


def test_what_cannot_be_exported_is_refused_in_words(gallery: Gallery, tmp_path: Path) -> None:
    series = gallery.row("instances", gallery.upload(synthetic.basic_report()).ids[0])["series"]["id"]

    with pytest.raises((RefusedError, JobFailedError), match=r"\.$"):
        gallery.save_export(series, "gif", tmp_path / "movie.gif")

    assert list(tmp_path.iterdir()) == []


def test_a_job_is_waited_for(gallery: Gallery) -> None:
    gallery.upload(*ct(2))
    job = gallery._connection.get("/api/v1/jobs", {"limit": "1"}).json()["items"][0]["id"]

    assert gallery.wait(job)["state"] == "done"
    with pytest.raises(NotFoundError):
        gallery.wait(10**9)


def test_marks_are_drawn_and_read(gallery: Gallery) -> None:
    sent = gallery.upload(*ct(2))

    drawn = gallery.mark(sent.ids[0], "length", [(1, 2), (11.5, 2)], text="here")

    series = gallery.row("instances", sent.ids[0])["series"]["id"]
    assert gallery.marks(instance=sent.ids[0]) == gallery.marks(series=series) == [drawn]
    assert (drawn["points"], drawn["text"]) == ([[1, 2], [11.5, 2]], "here")
    assert gallery.marks(instance=sent.ids[1]) == []
    with pytest.raises(RefusedError, match="kinds of marks"):
        gallery.mark(sent.ids[0], "circle", [(1, 2)])


def test_without_the_password_nothing_is_told(url: str) -> None:
    with Gallery(url) as nobody, pytest.raises(SignInNeededError, match="password") as error:
        next(nobody.series())
    assert error.value.status == 401
    with Gallery(url, auth=("owner", "a guess")) as stranger, pytest.raises(SignInNeededError):
        stranger.upload(*ct(1))


def test_where_no_gallery_is_that_is_said() -> None:
    with Gallery("http://127.0.0.1:9") as nowhere, pytest.raises(UnreachableError, match="Is it running"):
        nowhere.row("series", 1)
    with pytest.raises(ValueError, match="http://"):
        Gallery("127.0.0.1:5000")


def test_what_is_no_gallery_is_called_so() -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<p>Welcome")

        def log_message(self, format: str, *args: object) -> None:
            """Keep the tests' output for the tests."""

    server = HTTPServer(("127.0.0.1", 0), Other)
    Thread(target=server.handle_request, daemon=True).start()
    with Gallery(f"http://127.0.0.1:{server.server_port}") as other, pytest.raises(GalleryError, match="no gallery"):
        other.row("series", 1)
    server.server_close()


def test_the_client_loads_nothing_of_the_gallerys_own_and_says_what_it_lacks() -> None:
    alone = (
        "import sys, dicomgallery.client\n"
        "print({m.split('.')[1] for m in sys.modules if m.startswith('dicomgallery.')}, 'pydicom' in sys.modules)"
    )
    lacking = "import sys; sys.modules['httpx'] = None\nimport dicomgallery.client"

    done = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, check=True)
    failed = subprocess.run([sys.executable, "-c", lacking], capture_output=True, text=True, check=False)

    assert done.stdout == "{'client'} False\n"
    assert "ImportError: dicomgallery.client needs httpx: `pip install -r requirements-client.txt`." in failed.stderr
