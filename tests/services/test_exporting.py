"""What leaves the gallery."""

import io
import zipfile
from collections.abc import Iterable

import pydicom
import pytest
from sqlalchemy import select

from dicomgallery.access import LOCAL_OWNER, Actor
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ForbiddenError, NotFoundError
from dicomgallery.imaging.spec import Format
from dicomgallery.models import AuditEvent, db
from dicomgallery.services import exporting, removal
from dicomgallery.services.exporting import Naming
from dicomgallery.services.pictures import NoPicture, Picture
from tests.conftest import Gallery
from tests.services.scenery import blob_of, everything, images


def ids_of(gallery: Gallery, *files: object) -> list[int]:
    return [outcome.instance_id for outcome in gallery.ingest(*files)]  # type: ignore[union-attr, arg-type]


def opened(chunks: Iterable[bytes]) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(chunks)))
    assert archive.testzip() is None
    return archive


def test_an_original_leaves_as_it_came_but_for_its_preamble(gallery: Gallery) -> None:
    data = synthetic.as_bytes(synthetic.ct_series(1, 32, 32)[0])
    hidden = b"MZ this is a program".ljust(128, b"!") + data[128:]
    (key,) = ids_of(gallery, hidden)

    download = exporting.original(key, actor=LOCAL_OWNER)

    assert b"".join(download.chunks()) == bytes(128) + data[128:]
    assert download.size_bytes == len(data)
    assert download.file_name == f"image-{key}.dcm"
    for start, stop in ((0, 10), (100, 140), (127, 129), (128, 200), (500, 10**9), (5, 5)):
        assert b"".join(download.chunks(start, stop)) == (bytes(128) + data[128:])[start:stop]


def test_a_file_without_a_preamble_leaves_untouched(gallery: Gallery) -> None:
    data = synthetic.as_bytes(synthetic.ct_series(1, 32, 32)[0])
    dataset = pydicom.dcmread(io.BytesIO(data))
    bare = io.BytesIO()
    pydicom.dcmwrite(
        bare, pydicom.Dataset({element.tag: element for element in dataset}), implicit_vr=True, little_endian=True
    )
    (key,) = ids_of(gallery, bare.getvalue())

    assert b"".join(exporting.original(key, actor=LOCAL_OWNER).chunks()) == bare.getvalue()


def test_replaced_and_binned_files_can_still_be_taken(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, 32, 32)[0]
    (first,) = ids_of(gallery, dataset)
    dataset.SeriesDescription = "changed"
    (second,) = ids_of(gallery, dataset)
    removal.to_bin(images([second]), actor=LOCAL_OWNER)

    assert all(exporting.original(key, actor=LOCAL_OWNER).size_bytes for key in (first, second))


@pytest.mark.parametrize("deflate", [False, True])
def test_an_archive_holds_every_file_under_a_name_that_says_nothing(gallery: Gallery, deflate: bool) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(3, 32, 32), *synthetic.mr_series(2, 32, 32))

    archive = opened(exporting.archive(everything(), actor=LOCAL_OWNER, deflate=deflate))

    assert sorted(name[-12:] for name in archive.namelist()) == [f"IM{key:06}.dcm" for key in ids]
    assert not any(word in "".join(archive.namelist()).lower() for word in ("synthetic", "clara", "ct", "mr"))
    assert archive.read(archive.namelist()[0])[128:] == blob_of(ids[0]).read_bytes()[128:]


def test_names_that_describe_fit_any_system(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, 32, 32)[0]
    dataset.PatientName = 'Yamada^Tarou=山田^太郎/..\\: "<>|?*'
    dataset.StudyDescription = "../../etc"
    dataset.SeriesDescription = "x" * 64 + "."
    ids_of(gallery, dataset)

    (name,) = opened(exporting.archive(everything(), actor=LOCAL_OWNER, naming=Naming.DESCRIPTIVE)).namelist()

    assert name.isprintable()
    assert name.startswith("Yamada")
    assert "山田" in name
    assert len(name.split("/")) == 4
    assert not set('\\:*?"<>|') & set(name)
    assert all(part.strip(" .") == part for part in name.split("/"))


def test_a_file_whose_bytes_are_gone_is_named_inside_the_archive(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    blob_of(ids[0]).unlink()

    archive = opened(exporting.archive(everything(), actor=LOCAL_OWNER))

    assert len(archive.namelist()) == 2
    assert f"IM{ids[0]:06}.dcm" in archive.read("NOT-INCLUDED.txt").decode()


def test_an_archive_is_read_on_after_its_request_is_over(gallery: Gallery) -> None:
    ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    with gallery.app.app_context():
        chunks = exporting.archive(everything(), actor=LOCAL_OWNER)

    assert len(opened(chunks).namelist()) == 2


def test_nothing_selected_is_said_before_the_first_byte(gallery: Gallery) -> None:
    with pytest.raises(NotFoundError):
        exporting.archive(images([7]), actor=LOCAL_OWNER)


def test_taking_away_needs_the_right_and_stays_in_its_place(gallery: Gallery, onlooker: Actor, stranger: Actor) -> None:
    (key,) = ids_of(gallery, synthetic.ct_series(1, 32, 32)[0])

    for deed in (
        lambda actor: exporting.original(key, actor=actor),
        lambda actor: exporting.archive(images([key]), actor=actor),
        lambda actor: exporting.picture(key, Format.PNG, actor=actor),
    ):
        with pytest.raises(ForbiddenError):
            deed(onlooker)
        with pytest.raises(NotFoundError):
            deed(stranger)


def test_a_picture_leaves_in_its_own_size_and_leaves_a_trace(gallery: Gallery) -> None:
    key, report = ids_of(gallery, synthetic.ct_series(1, 64, 64)[0], synthetic.basic_report())

    assert isinstance(exporting.picture(key, Format.PNG, actor=LOCAL_OWNER), Picture)
    assert isinstance(exporting.picture(key, Format.JPEG, actor=LOCAL_OWNER), Picture)
    assert isinstance(exporting.picture(report, Format.PNG, actor=LOCAL_OWNER), NoPicture)

    db.session.rollback()
    taken = db.session.scalars(select(AuditEvent.subject).where(AuditEvent.event == "picture_taken")).all()
    assert taken == [f"instance:{key}"] * 2
