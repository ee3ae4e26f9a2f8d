"""Everything there is, dropped at once on a real server: each file has an outcome, each picture is one or says why."""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pydicom.data
import pytest
from PIL import Image
from pydicom.encaps import generate_frames

from bench.server import serving
from dicomgallery.imaging.spec import FULL, THUMBNAIL
from tests.conftest import CORPUS
from tests.proof.asking import Asker, asking, rows, settle

PACKAGED = Path(str(pydicom.data.__file__)).parent
REASONS = {"invalid_type", "truncated", "too_large", "unsafe", "unreadable", "duplicate"}
LEVELS = ("images", "series", "studies", "patients")
NO_PICTURE = {
    # Their headers lack rows and columns, though one of them holds a frame that could be decoded.
    "meta_missing_tsyntax.dcm",
    "nested_priv_SQ.dcm",
    # A delimiter written over the codestream's own header; it claims 3 722 445 056 columns.
    "JPEG2000-embedded-sequence-delimiter.dcm",
}


def packaged() -> list[tuple[str, Path]]:
    """What pydicom brings along, with names as a folder drop gives them."""
    folders = [PACKAGED / "test_files", PACKAGED / "charset_files"]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [(path.relative_to(PACKAGED).as_posix(), path) for path in files]


def everything() -> list[tuple[str, Path]]:
    """That, and the corpus where it is."""
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file()) if CORPUS.is_dir() else []
    return packaged() + [(f"corpus/{path.relative_to(CORPUS).as_posix()}", path) for path in files]


@dataclass(frozen=True)
class Drop:
    """What was dropped, what the server said, and the server."""

    asker: Asker
    names: list[str]
    files: list[dict[str, Any]]
    receipt: str

    def instances(self) -> list[Any]:
        """The rows of all instances."""
        return rows(self.asker.server, "SELECT * FROM instance ORDER BY id")


@pytest.fixture(scope="module", params=["packaged", pytest.param("everything", marks=pytest.mark.long)])
def drop(request: pytest.FixtureRequest) -> Iterator[Drop]:
    files = everything() if request.param == "everything" else packaged()
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files:
            archive.write(path, name)
    with serving() as server, asking(server) as asker:
        answer = asker.send("POST", "/api/v1/uploads", body.getvalue(), {"Content-Type": "application/zip"})
        assert answer.status == 201
        settle(server)
        yield Drop(asker, [name for name, _ in files], answer.json["files"], answer.json["url"])


def in_parallel(drop: Drop, ask: Any, items: Sequence[Any]) -> list[Any]:
    """Ask for many things, two at a time."""
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(ask, items))


def test_every_file_has_an_outcome_and_every_refusal_a_sentence(drop: Drop) -> None:
    told = {file["name"] for file in drop.files}
    rejected = [file for file in drop.files if file["outcome"] == "rejected"]

    # An archive within the archive is told of by what it holds.
    assert [name for name in drop.names if name not in told and not name.endswith(".zip")] == []
    assert {file["outcome"] for file in drop.files} == {"accepted", "duplicate", "rejected"}
    assert len(rejected) >= 10
    for file in rejected:
        assert file["reason"] in REASONS, file
        assert is_a_sentence(file["detail"]), file


def test_the_receipt_tells_of_every_file_the_same(drop: Drop) -> None:
    text = "".join(all_pages(drop.asker, drop.receipt))

    lines = re.findall(r'<li class="receipt-line receipt-(\w+)">', text)
    assert sorted(lines) == sorted(file["outcome"] for file in drop.files)
    shown = html.unescape(text)
    for file in drop.files:
        assert file["name"] in shown
        assert file.get("detail", "") in shown


def test_every_instance_is_ready_or_says_in_words_why_not(drop: Drop) -> None:
    states = rows(drop.asker.server, "SELECT * FROM instance")

    assert len(states) == sum(file["outcome"] == "accepted" for file in drop.files)
    for row in states:
        assert row["render_state"] in {"ready", "failed", "none"}, row["file_name"]
        assert (row["render_state"] == "ready") == (not row["render_detail"]), row["file_name"]
        assert row["render_state"] == "ready" or is_a_sentence(row["render_detail"]), row["file_name"]
        assert row["render_state"] != "none" or not row["has_pixels"], row["file_name"]


def test_whatever_a_decoder_reads_has_its_picture(drop: Drop) -> None:
    decoded = 0
    for row in rows(drop.asker.server, "SELECT * FROM instance WHERE has_pixels"):
        name = Path(row["file_name"]).name
        if name in NO_PICTURE:
            assert row["render_state"] == "failed"
            continue
        if row["render_state"] == "ready":
            decoded += 1
        else:
            assert not is_decodable(blob(drop, row["blob_sha256"])), (name, row["render_detail"])

    assert decoded > 100


def test_every_level_of_the_gallery_shows_everything_page_by_page(drop: Drop) -> None:
    tables = {"images": "instance WHERE is_current", "series": "series", "studies": "study", "patients": "patient"}
    for level in LEVELS:
        pages = all_pages(drop.asker, f"/?level={level}")

        cards = re.findall(r'<li class="card" id="card-\w+-(\d+)"', "".join(pages))
        assert len(cards) == len(set(cards))
        assert len(cards) == rows(drop.asker.server, f"SELECT count(*) FROM {tables[level]}")[0][0], level


def test_every_series_study_and_patient_has_its_page(drop: Drop) -> None:
    paths = [
        f"/{table}/{row['id']}"
        for table, name in (("series", "series"), ("studies", "study"), ("patients", "patient"))
        for row in rows(drop.asker.server, f"SELECT id FROM {name} ORDER BY id")
    ]

    for text in in_parallel(drop, drop.asker.page, paths):
        assert "<h1" in text


def test_every_image_has_its_page_with_its_picture_or_the_reason_and_its_tags(drop: Drop) -> None:
    found = drop.instances()
    read: list[str] = []

    def look(row: Any) -> None:
        text = drop.asker.page(f"/images/{row['id']}/detail")
        if 'class="story ' in text:
            read.append(row["kind"])
        elif row["render_state"] == "ready":
            assert f'src="/pictures/{row["id"]}-{row["blob_sha256"][:12]}/' in text, row["file_name"]
        else:
            assert html.escape(row["render_detail"], quote=False) in text.replace("&#39;", "'"), row["file_name"]
        # Every file here but an empty one has elements to tell of.
        assert "<tr" in text, row["file_name"]

    in_parallel(drop, look, found)
    assert len(found) >= 150
    assert {"report", "waveform", "plan", "structure"} <= set(read)


def test_every_image_tells_its_elements_as_text(drop: Drop) -> None:
    def read(row: Any) -> None:
        assert drop.asker.get(f"/images/{row['id']}/text").text.count("\n") >= 1, row["file_name"]
        page = drop.asker.page(f"/images/{row['id']}/detail?tab=text")
        assert re.search(r"\([0-9a-f]{4}, [0-9a-f]{4}\) ", page), row["file_name"]

    in_parallel(drop, read, drop.instances())


def test_every_thumbnail_and_full_picture_is_one_or_a_drawing_that_says_why(drop: Drop) -> None:
    def see(row: Any) -> None:
        for spec in (THUMBNAIL, FULL):
            answer = drop.asker.get(f"/pictures/{row['id']}-{row['blob_sha256'][:12]}/{spec.token()}")
            assert answer.status == 200, row["file_name"]
            if row["render_state"] != "ready":
                assert answer.headers["content-type"].startswith("image/svg+xml"), row["file_name"]
                drawn = " ".join(re.sub(r"<[^>]+>", " ", html.unescape(answer.text)).split())
                assert row["render_detail"].split()[-1] in drawn
                continue
            with Image.open(io.BytesIO(answer.body)) as picture:
                assert np.asarray(picture).size, row["file_name"]
                assert spec is FULL or picture.size == (256, 256)

    in_parallel(drop, see, drop.instances())


def test_the_server_worked_without_a_surprise(drop: Drop) -> None:
    # Runs last: what the other tests asked for stands in the log.
    log = (drop.asker.server.data / "run" / "gallery.log").read_text()

    assert '"level":"INFO"' in log
    assert '"level":"ERROR"' not in log
    assert "Traceback" not in log


def is_a_sentence(text: str) -> bool:
    """Words that begin large and end with a stop."""
    return text[:1].isupper() and text.endswith(".") and " " in text


def all_pages(asker: Asker, path: str) -> list[str]:
    """A page and all that come when one asks for more."""
    pages = []
    for _ in count():
        pages.append(asker.page(path))
        more = re.search(r'href="([^"]+)" data-more', pages[-1]) or re.search(
            r'data-pager><a class="button" href="([^"]+)"', pages[-1]
        )
        if more is None:
            return pages
        path = html.unescape(more[1])
    raise AssertionError("no end")


def blob(drop: Drop, sha256: str) -> Path:
    """Where the server keeps these bytes."""
    return drop.asker.server.data / "blobs" / sha256[:2] / sha256


def is_decodable(path: Path) -> bool:
    """Say whether pydicom's decoders, or one of imagecodecs', make a picture of the first frame."""
    dataset = pydicom.dcmread(path, force=True)
    try:
        return bool(dataset.pixel_array.size)
    except Exception:  # noqa: BLE001  whatever a decoder says, it is no picture
        if "PixelData" not in dataset or not dataset["PixelData"].is_undefined_length:
            return False
    frame = next(generate_frames(dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames") or 1)))
    names = ("jpeg8", "ljpeg", "jpegls", "jpeg2k", "jpegxl")
    return any(_decodes(getattr(imagecodecs, f"{name}_decode"), frame) for name in names)


def _decodes(decode: Any, frame: bytes) -> bool:
    try:
        return bool(decode(frame).size)
    except Exception:  # noqa: BLE001  as above
        return False
