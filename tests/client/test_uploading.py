"""What goes in by the client."""

import io
import os
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom import Dataset

from bench.server import Server
from dicomgallery.client import Gallery, Progress
from dicomgallery.client.sources import items_of, tar, tar_size
from dicomgallery.client.uploading import MOST_BYTES, groups, upload
from dicomgallery.dicom import synthetic
from tests.client.conftest import AUTH
from tests.client.making import ct, in_folder
from tests.client.wire import wire_to


def test_a_folder_is_sent_with_all_that_is_below_it_and_named_from_it_on(gallery: Gallery, tmp_path: Path) -> None:
    slices = ct(4)
    in_folder(slices[:2], tmp_path / "study")
    in_folder(slices[2:], tmp_path / "study" / "研究" / "b")

    sent = gallery.upload(tmp_path / "study")

    assert [one.name for one in sent.files] == [
        "study/IM0001",
        "study/IM0002",
        "study/研究/b/IM0001",
        "study/研究/b/IM0002",
    ]
    assert {one.outcome for one in sent.files} == {"accepted"}
    assert gallery.row("studies", slices[0].StudyInstanceUID)["instance_count"] == 4


def test_what_is_here_already_is_entered_and_not_sent(server: Server, tmp_path: Path) -> None:
    folder = in_folder(ct(3, side=256), tmp_path / "study")
    size = sum(path.stat().st_size for path in folder.iterdir())
    with wire_to(server.port) as wire, Gallery(wire.url, auth=AUTH) as gallery:
        first = gallery.upload(folder)
        assert wire.carried > size
        wire.carried = 0

        again = gallery.upload(folder)

        assert wire.carried < size / 10
    assert again.count("duplicate") == 3
    assert again.ids == first.ids
    assert again.receipt != first.receipt


def test_bytes_datasets_zips_and_named_ones_are_sent_beside_each_other(gallery: Gallery) -> None:
    slices = ct(4)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inside/one", synthetic.as_bytes(slices[3]))
    bare = Dataset(slices[1])

    sent = gallery.upload(
        synthetic.as_bytes(slices[0]), [bare, ("third.dcm", slices[2])], ("Ärzte & so.zip", packed.getvalue())
    )

    assert {one.name for one in sent.files} == {"file-1", "dataset-2.dcm", "third.dcm", "inside/one"}
    assert sent.count("accepted") == 4
    # Whoever sends a dataset finds it as it was.
    assert not hasattr(bare, "file_meta")


def test_what_is_no_dicom_says_why_and_stops_nothing(gallery: Gallery, tmp_path: Path) -> None:
    folder = in_folder(ct(1), tmp_path / "study")
    (folder / "notes.txt").write_text("Nothing to see.")

    sent = gallery.upload(folder)
    alone = gallery.upload(("notes.txt", b"Nothing to see."))

    assert (sent.count("accepted"), len(sent.rejected)) == (1, 1)
    for report in (sent, alone):
        assert report.rejected[0].name.endswith("notes.txt")
        assert report.rejected[0].reason == "invalid_type"
        assert report.rejected[0].detail.endswith(".")


def test_files_that_change_or_go_while_they_are_sent_are_left_out_alone(gallery: Gallery, tmp_path: Path) -> None:
    folder = in_folder(ct(4), tmp_path / "study")
    items = items_of([folder])
    with (folder / "IM0002").open("ab") as file:
        file.write(b"more")
    os.truncate(folder / "IM0003", 100)
    (folder / "IM0004").unlink()

    sent = upload(gallery._connection, items)

    assert {one.name: one.reason for one in sent.files} == {
        "study/IM0001": "",
        "study/IM0002": "changed",
        "study/IM0003": "changed",
        "study/IM0004": "unreadable",
    }
    assert sent.count("accepted") == 1


def test_a_connection_that_drops_while_files_are_sent_loses_none(server: Server, tmp_path: Path) -> None:
    slices = ct(5, side=256)
    folder = in_folder(slices, tmp_path / "study")
    told: list[Progress] = []
    with wire_to(server.port, cut_after=300_000) as wire, Gallery(wire.url, auth=AUTH) as gallery:
        sent = gallery.upload(folder, progress=told.append)

        assert wire.cuts == 1
        assert sent.count("accepted") == 5
        assert gallery.row("studies", slices[0].StudyInstanceUID)["instance_count"] == 5
    assert (told[-1].done_bytes, told[-1].done_files) == (told[-1].total_bytes, 5)
    assert all(one.done_bytes <= one.total_bytes for one in told)


def test_an_answer_that_is_lost_makes_no_file_come_twice(server: Server, tmp_path: Path) -> None:
    slices = ct(3, side=256)
    folder = in_folder(slices, tmp_path / "study")
    with wire_to(server.port, swallow_after=300_000) as wire, Gallery(wire.url, auth=AUTH) as gallery:
        sent = gallery.upload(folder)

        assert wire.cuts == 1
        # They were stored, and the gallery said so when it was asked again.
        assert [one.outcome for one in sent.files] == ["duplicate"] * 3
        assert gallery.row("studies", slices[0].StudyInstanceUID)["instance_count"] == 3


def test_an_archive_is_sent_again_after_the_connection_dropped(server: Server) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, one in enumerate(ct(3, side=256)):
            archive.writestr(str(number), synthetic.as_bytes(one))
    with wire_to(server.port, cut_after=200_000) as wire, Gallery(wire.url, auth=AUTH) as gallery:
        sent = gallery.upload(packed.getvalue())

        assert (wire.cuts, sent.count("accepted")) == (1, 3)


def test_a_collection_is_made_of_what_is_sent_and_of_what_was_here(gallery: Gallery) -> None:
    slices = ct(2)
    gallery.upload(slices[0])
    name = f"Teaching {slices[0].PatientID}"

    sent = gallery.upload(*slices, collection=name)

    assert (sent.count("duplicate"), sent.count("accepted")) == (1, 1)
    known = gallery._connection.get("/api/v1/collections", {"limit": "500"}).json()["items"]
    assert [one["file_count"] for one in known if one["name"] == name] == [2]


@pytest.mark.long
def test_one_client_sends_from_several_threads(gallery: Gallery) -> None:
    studies = [ct(2) for _ in range(6)]
    with ThreadPoolExecutor(3) as pool:
        sent = list(pool.map(lambda study: gallery.upload(*study), studies))

    assert [one.count("accepted") for one in sent] == [2] * 6
    assert len({one.receipt for one in sent}) == 6


def test_nothing_to_send_is_no_upload(gallery: Gallery, tmp_path: Path) -> None:
    assert (gallery.upload(tmp_path).receipt, gallery.upload().files) == (None, [])


def test_what_cannot_be_sent_is_said_before_anything_is(gallery: Gallery, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        gallery.upload(tmp_path / "nowhere")
    with pytest.raises(TypeError, match="paths, bytes or pydicom datasets"):
        gallery.upload(17)


def test_a_tar_made_on_the_way_is_one_that_others_read() -> None:
    files = [("a", b""), ("研究/" + "long" * 80, b"x" * 513), ("odd\0name\udcff", b"y" * 512)]
    items = items_of(files)

    made = b"".join(tar(items, lambda pieces: pieces))

    assert len(made) == tar_size(items)
    with tarfile.open(fileobj=io.BytesIO(made)) as archive:
        found = [(one.name, archive.extractfile(one).read()) for one in archive]
    assert found == [files[0], files[1], ("odd?name?", files[2][1])]


def test_what_travels_together_is_neither_too_large_nor_too_many(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    many = items_of([(str(number), b"x") for number in range(1500)])
    huge = items_of([("a", large), ("b", large), ("c", b"x"), ("d", b"x")])

    assert [len(group) for group in groups(many)] == [1000, 500]
    assert [[item.name for item in group] for group in groups(huge)] == [["a"], ["b"], ["c", "d"]]
