"""What becomes of files that arrive, and what is left when something goes wrong."""

import gzip
import io
import os
import sqlite3
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from sqlalchemy import select

from dicomgallery.dicom import synthetic
from dicomgallery.ingest.incoming import Naming, from_path
from dicomgallery.ingest.outcome import Accepted, Duplicate, Reason, Rejected
from dicomgallery.models import FacetCount, Instance, Job, Patient, Receipt, ReceiptLine, Series, Study, db
from dicomgallery.storage.opening import store
from dicomgallery.storage.staging import StagingFile
from tests.conftest import Gallery


def packaged(name: str) -> bytes:
    return Path(str(get_testdata_file(name))).read_bytes()


def test_a_file_is_stored_as_received_before_its_row(gallery: Gallery) -> None:
    data = packaged("CT_small.dcm")

    [outcome] = gallery.ingest(("CT_small.dcm", data))

    assert isinstance(outcome, Accepted)
    instance = db.session.get_one(Instance, outcome.instance_id)
    assert store().path(instance.blob_sha256).read_bytes() == data
    assert (instance.rows, instance.columns, instance.frames) == (128, 128, 1)
    assert instance.file_name == "CT_small.dcm"
    series = instance.series
    assert (series.modality, series.instance_count, series.cover_id) == ("CT", 1, instance.id)
    assert (series.study.instance_count, series.study.series_count, series.study.modalities) == (1, 1, "CT")
    assert (series.study.patient.patient_id, series.study.patient.study_count) == ("1CT1", 1)


def test_a_second_copy_is_a_duplicate_and_changes_nothing(gallery: Gallery) -> None:
    data = packaged("CT_small.dcm")
    [first] = gallery.ingest(data)

    [second] = gallery.ingest(("another name", data))

    assert second == Duplicate("another name", first.instance_id)
    assert gallery.instance_count() == 1


def test_copies_within_one_arrival_are_duplicates_of_the_first(gallery: Gallery) -> None:
    data = packaged("CT_small.dcm")

    first, second, third = gallery.ingest(data, data, data)

    assert isinstance(first, Accepted)
    assert [second, third] == [Duplicate("file-2.dcm", first.instance_id), Duplicate("file-3.dcm", first.instance_id)]


def test_other_bytes_with_the_same_uid_replace_the_older_instance(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, rows=16, columns=16)[0]
    [first] = gallery.ingest(dataset)
    dataset.SeriesDescription = "corrected"

    [second] = gallery.ingest(dataset)

    assert second == Accepted("file-1.dcm", second.instance_id, replaced_id=first.instance_id)
    assert gallery.instance_count() == 1
    assert db.session.get_one(Instance, second.instance_id).replaces_id == first.instance_id
    assert db.session.scalars(select(Series)).one().instance_count == 1


def test_two_versions_in_one_arrival_leave_the_later_one_current(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, rows=16, columns=16)[0]
    first_bytes = synthetic.as_bytes(dataset)
    dataset.SeriesDescription = "corrected"

    first, second = gallery.ingest(first_bytes, synthetic.as_bytes(dataset))

    current = db.session.scalars(select(Instance).where(Instance.is_current)).one()
    assert (current.id, current.replaces_id) == (second.instance_id, first.instance_id)
    assert second.replaced_id == first.instance_id
    assert db.session.scalars(select(Series)).one().instance_count == 1


def test_every_bad_file_has_its_reason_and_the_good_ones_are_kept(gallery: Gallery) -> None:
    good = packaged("CT_small.dcm")

    report = gallery.receive(
        ("empty", b""), ("letter.txt", b"Dear colleague"), ("cut.dcm", good[:-500]), ("good.dcm", good)
    )

    assert [type(outcome).__name__ for outcome in report.outcomes] == ["Rejected"] * 3 + ["Accepted"]
    assert [outcome.reason for outcome in report.rejected] == [
        Reason.INVALID_TYPE,
        Reason.INVALID_TYPE,
        Reason.TRUNCATED,
    ]
    assert all(outcome.detail.endswith(".") for outcome in report.rejected)
    receipt = db.session.get_one(Receipt, report.receipt_id)
    assert (receipt.accepted, receipt.rejected, receipt.duplicates) == (1, 3, 0)
    lines = db.session.scalars(select(ReceiptLine).order_by(ReceiptLine.id)).all()
    assert [line.outcome for line in lines] == ["rejected", "rejected", "rejected", "accepted"]


def test_archives_are_opened_with_nested_folders_and_one_archive_inside(gallery: Gallery) -> None:
    slices = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(4, rows=16, columns=16)]
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/er/3", slices[2])
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.dcm", slices[0])
        archive.writestr("folder/2", slices[1])
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("notes.txt", b"not a picture")
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        member = tarfile.TarInfo("t/4")
        member.size = len(slices[3])
        archive.addfile(member, io.BytesIO(slices[3]))

    report = gallery.receive(("a.zip", outer.getvalue()), ("b.tgz", gzip.compress(tarred.getvalue())))

    assert len(report.accepted) == 4
    assert [(file.name, file.reason) for file in report.rejected] == [("notes.txt", Reason.INVALID_TYPE)]
    assert {"1.dcm", "folder/2", "t/4"} < {file.name for file in report.accepted}


def test_a_hostile_member_is_refused_and_its_neighbours_are_kept(gallery: Gallery) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", synthetic.as_bytes(synthetic.ct_series(1, rows=16, columns=16)[0]))
        archive.writestr("bomb", b"\0" * 300_000_000)

    report = gallery.receive(("x.zip", packed.getvalue()))

    assert [file.name for file in report.accepted] == ["../../etc/passwd"]
    assert report.rejected[0].reason in (Reason.UNSAFE, Reason.INVALID_TYPE)


def test_a_dicomdir_does_no_harm_and_the_files_beside_it_are_found(gallery: Gallery) -> None:
    root = Path(str(get_testdata_file("DICOMDIR"))).parent
    names = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix == "")[:20]

    report = gallery.receive(*[(str(path.relative_to(root)), path.read_bytes()) for path in names])

    assert len(report.accepted) >= 10
    assert not report.rejected


def test_a_file_without_uids_is_kept_and_says_so(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, rows=16, columns=16)[0]
    del dataset.StudyInstanceUID, dataset.SeriesInstanceUID

    [outcome] = gallery.ingest(dataset)

    assert isinstance(outcome, Accepted)
    assert "UID" in outcome.note
    instance = db.session.get_one(Instance, outcome.instance_id)
    assert instance.uids_made
    assert instance.series.series_uid.startswith("2.25.")


def test_an_empty_patient_id_makes_one_patient_a_study(gallery: Gallery) -> None:
    for seed in (1, 2):
        for dataset in synthetic.ct_series(2, rows=16, columns=16, seed=seed):
            dataset.PatientID = ""
            gallery.ingest(dataset)

    assert len(db.session.scalars(select(Patient)).all()) == 2


def test_a_study_whose_files_disagree_about_the_patient_keeps_the_first_and_is_flagged(gallery: Gallery) -> None:
    one, other = synthetic.ct_series(2, rows=16, columns=16)
    other.PatientID, other.PatientName = "someone else", "Other^Person"

    gallery.ingest(one, other)

    study = db.session.scalars(select(Study)).one()
    assert study.patient_differs
    assert study.patient.patient_id == str(one.PatientID)


def test_names_in_a_collection_stay_unique(gallery: Gallery) -> None:
    one, two = (synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(2, rows=16, columns=16))
    gallery.receive(("same", one), collection="study", naming=Naming.STRICT)

    strict = gallery.receive(("same", two), collection="study", naming=Naming.STRICT)
    lenient = gallery.receive(("same", two), collection="study", naming=Naming.LENIENT)

    assert [file.reason for file in strict.rejected] == [Reason.DUPLICATE]
    assert len(lenient.accepted) == 1


def test_work_to_come_is_asked_for_in_the_same_commit(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(3, rows=16, columns=16))

    job = db.session.scalars(select(Job)).one()
    assert (job.name, job.state) == ("prepare", "queued")


def test_the_facets_count_series(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(3, rows=16, columns=16), *synthetic.mr_series(2))

    counts = db.session.execute(select(FacetCount.value, FacetCount.count).where(FacetCount.facet == "modality"))
    assert dict(counts.all()) == {"CT": 1, "MR": 1}


def test_a_full_disk_rejects_the_file_in_words(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    store()

    def no_room(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dicomgallery.storage.staging.os.fsync", no_room)

    [outcome] = gallery.ingest(packaged("CT_small.dcm"))

    assert isinstance(outcome, Rejected)
    assert outcome.reason is Reason.STORAGE_FULL
    assert gallery.instance_count() == 0
    assert list((gallery.settings.data / "tmp").iterdir()) == []
    assert sum(path.stat().st_size for path in (gallery.settings.data / "blobs").rglob("?" * 64)) == 0


def test_rows_that_are_written_beside_their_blob_are_committed_after_it(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    store()
    rows_seen: list[int] = []
    sync = os.fsync

    def slow(handle: int) -> None:
        # Another connection, as another process has it: what it counts is committed.
        with sqlite3.connect(gallery.settings.data / "gallery.db") as database:
            for _ in range(20):
                rows_seen.append(database.execute("select count(*) from instance").fetchone()[0])
                time.sleep(0.01)
        sync(handle)

    monkeypatch.setattr("dicomgallery.storage.staging.os.fsync", slow)

    [outcome] = gallery.ingest(packaged("CT_small.dcm"))

    assert isinstance(outcome, Accepted)
    assert set(rows_seen) == {0}


def test_a_disk_that_refuses_the_folders_of_blobs_leaves_no_row(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    store()

    def refuse(_folder: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("dicomgallery.storage.local.fsync_folder", refuse)

    outcomes = gallery.ingest(packaged("CT_small.dcm"), b"no dicom")

    assert [outcome.reason for outcome in outcomes] == [Reason.STORAGE_FULL, Reason.INVALID_TYPE]  # type: ignore[union-attr]
    assert gallery.instance_count() == 0
    monkeypatch.undo()
    [later] = gallery.ingest(packaged("CT_small.dcm"))
    assert isinstance(later, Accepted)


def test_a_file_over_the_limit_is_rejected_in_words(gallery: Gallery, tmp_path: Path) -> None:
    file = StagingFile(tmp_path, limit=10)

    with pytest.raises(Exception, match="larger than the limit"):
        file.write(b"x" * 11)


def test_a_file_that_may_not_be_read_is_rejected(gallery: Gallery, tmp_path: Path) -> None:
    from dicomgallery.access import LOCAL_OWNER
    from dicomgallery.ingest.incoming import Origin
    from dicomgallery.services.receiving import receive

    report = receive([from_path(tmp_path / "gone", "gone")], actor=LOCAL_OWNER, origin=Origin.CLI)

    assert [file.reason for file in report.rejected] == [Reason.UNREADABLE]


def test_nothing_stays_in_the_staging_folder(gallery: Gallery) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", packaged("CT_small.dcm"))
        archive.writestr("b", b"no dicom")

    gallery.ingest(packed.getvalue(), packaged("CT_small.dcm"), b"no dicom either")

    assert list((gallery.settings.data / "tmp").iterdir()) == []


def test_many_senders_at_once_lose_nothing(gallery: Gallery) -> None:
    slices = synthetic.ct_series(40, rows=16, columns=16)
    reports: list[int] = []

    def send(share: list[synthetic.Dataset]) -> None:
        with gallery.app.app_context():
            reports.extend(len(gallery.receive(dataset).accepted) for dataset in share)

    threads = [threading.Thread(target=send, args=(slices[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(reports) == 40
    assert gallery.instance_count() == 40
    assert db.session.scalars(select(Series)).one().instance_count == 40


@pytest.mark.parametrize("name", ["CT_small.dcm", "test-SR.dcm", "rtplan.dcm", "waveform_ecg.dcm", "JPEG2000.dcm"])
def test_packaged_files_are_taken(gallery: Gallery, name: str) -> None:
    [outcome] = gallery.ingest((name, packaged(name)))

    assert isinstance(outcome, Accepted)


def test_a_receipt_can_be_continued(gallery: Gallery) -> None:
    one, two = synthetic.ct_series(2, rows=16, columns=16)
    first = gallery.receive(one)

    second = gallery.receive(two, receipt_id=first.receipt_id)

    assert second.receipt_id == first.receipt_id
    assert db.session.get_one(Receipt, first.receipt_id).accepted == 2
