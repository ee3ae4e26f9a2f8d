"""ZIPs laid out as media: short names, and a DICOMDIR that pydicom, dcmtk and the gallery can follow."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset
from pydicom.fileset import FileSet

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.directory import Directory, directory_of
from dicomgallery.dicom.reader import read_header
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.services import exporting
from dicomgallery.services.exporting import Naming
from tests.conftest import Gallery
from tests.services.scenery import blob_of, everything

NAMED = re.compile(r"DICOM/PA\d{6}/ST\d{6}/SE\d{6}/IM\d{6}")


def _received(gallery: Gallery, *files: Dataset | bytes) -> list[int]:
    found = [one.instance_id for one in gallery.ingest(*files) if isinstance(one, Accepted)]
    assert len(found) == len(files)
    gallery.work()
    return found


def _medium(gallery: Gallery, folder: Path, selection: Selection | None = None, *, deflate: bool = False) -> list[str]:
    """The names of an archive that is unpacked into a folder."""
    chunks: Iterable[bytes] = exporting.archive(
        selection or everything(), actor=gallery.actor, deflate=deflate, naming=Naming.MEDIUM
    )
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
        return archive.namelist()


def _directory(folder: Path) -> Directory:
    found = directory_of(read_header((folder / "DICOMDIR").read_bytes()))
    assert found is not None
    return found


@pytest.mark.parametrize("deflate", [False, True])
def test_pydicom_opens_the_file_set_and_finds_every_object(gallery: Gallery, tmp_path: Path, deflate: bool) -> None:
    files = [*synthetic.ct_series(3, 16, 16), *synthetic.mr_series(2, 16, 16), synthetic.us_cine(2, 16, 16)]
    for dataset in files[:3]:
        dataset.PatientName, dataset.PatientID = "Müller^Änne=山田^花子", "Ä-1"
    report = synthetic.basic_report()
    _received(gallery, *files, report)

    names = _medium(gallery, tmp_path, deflate=deflate)
    fileset = FileSet(tmp_path / "DICOMDIR")

    assert names[-1] == "DICOMDIR"
    assert all(NAMED.fullmatch(name) for name in names[:-1])
    assert {one.SOPInstanceUID for one in fileset} == {one.SOPInstanceUID for one in (*files, report)}
    assert all(one.load().SOPInstanceUID == one.SOPInstanceUID for one in fileset)
    assert "Müller^Änne=山田^花子" in [str(name) for name in fileset.find_values("PatientName")]
    assert {one.DirectoryRecordType for one in fileset} == {"IMAGE", "SR DOCUMENT"}


def test_the_gallery_reads_what_it_wrote_without_a_remark(gallery: Gallery, tmp_path: Path) -> None:
    _received(gallery, *synthetic.ct_series(3, 16, 16), *synthetic.mr_series(2, 16, 16), synthetic.basic_report())
    names = _medium(gallery, tmp_path)
    found = _directory(tmp_path)

    assert found.remarks == ()
    assert sorted(record.file for record in found.objects()) == sorted(names[:-1])
    assert all((tmp_path / record.file).is_file() for record in found.objects())
    # Sent back, it is a directory whose every object is here.
    assert isinstance(gallery.ingest((tmp_path / "DICOMDIR").read_bytes())[0], Accepted)


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="dcmtk is not here")
def test_dcmtk_reads_the_directory_and_finds_nothing_wrong_with_it(gallery: Gallery, tmp_path: Path) -> None:
    _received(gallery, *synthetic.ct_series(2, 16, 16), synthetic.basic_report())
    _medium(gallery, tmp_path)
    done = subprocess.run(
        ["dcmdump", "-v", str(tmp_path / "DICOMDIR")], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.count("DirectoryRecordType") == len(list(_directory(tmp_path).walk()))
    assert not re.search(r"^[WE]:", done.stderr, re.MULTILINE), done.stderr


def test_a_selection_lists_only_what_was_selected(gallery: Gallery, tmp_path: Path) -> None:
    ids = _received(gallery, *synthetic.ct_series(3, 16, 16), *synthetic.mr_series(2, 16, 16))
    names = _medium(gallery, tmp_path, Selection(images=(ids[4], ids[1])))

    assert len(names) == 3
    assert len(_directory(tmp_path).objects()) == 2


def test_a_file_without_its_beginning_gets_one_so_that_the_directory_may_list_it(
    gallery: Gallery, tmp_path: Path
) -> None:
    dataset = synthetic.ct_series(1, 16, 16)[0]
    bare = io.BytesIO()
    pydicom.dcmwrite(bare, Dataset({one.tag: one for one in dataset}), implicit_vr=True, little_endian=True)
    _received(gallery, bare.getvalue())
    _medium(gallery, tmp_path)
    (one,) = FileSet(tmp_path / "DICOMDIR")

    assert pydicom.dcmread(one.path).PixelData == dataset.PixelData


def test_what_no_record_may_lead_to_is_told_and_what_is_gone_is_not_listed(gallery: Gallery, tmp_path: Path) -> None:
    kept, gone, nameless = synthetic.ct_series(3, 16, 16)
    ids = _received(gallery, kept, gone)
    whole = pydicom.dcmread(io.BytesIO(synthetic.as_bytes(nameless)))
    del whole.SOPInstanceUID, whole.file_meta.MediaStorageSOPInstanceUID
    held = io.BytesIO()
    whole.save_as(held)
    _received(gallery, held.getvalue())
    blob_of(ids[1]).unlink()
    names = _medium(gallery, tmp_path)

    assert [record.sop_uid for record in _directory(tmp_path).objects()] == [kept.SOPInstanceUID]
    assert len([name for name in names if NAMED.fullmatch(name)]) == 2
    assert NAMED.search((tmp_path / "NOT-IN-DICOMDIR.txt").read_text())
    assert NAMED.search((tmp_path / "NOT-INCLUDED.txt").read_text())


def test_values_that_cannot_be_are_cut_or_left_empty(gallery: Gallery, tmp_path: Path) -> None:
    dataset = synthetic.ct_series(1, 16, 16)[0]
    with pydicom.config.disable_value_validation():
        dataset.PatientName = "X" * 500
        dataset.StudyDate = "yesterday"
        dataset.StudyID = "more than sixteen characters"
        dataset.PatientID = ""
        _received(gallery, dataset)
    _medium(gallery, tmp_path)
    records = pydicom.dcmread(tmp_path / "DICOMDIR").DirectoryRecordSequence

    assert (str(records[0].PatientName), records[0].PatientID) == ("X" * 64, "PA000001")
    assert (records[1].StudyDate, len(records[1].StudyID)) == ("", 16)


def test_a_patient_whose_series_lie_far_apart_has_one_record(gallery: Gallery, tmp_path: Path) -> None:
    one, other = synthetic.ct_series(2, 16, 16), synthetic.mr_series(2, 16, 16)
    for dataset in (*one, *other):
        dataset.PatientID, dataset.PatientName = "SAME", "Same^One"
    ids = _received(gallery, one[0], other[0], one[1], other[1])
    _medium(gallery, tmp_path, Selection(images=tuple(ids)))
    kinds = [record.kind for record in _directory(tmp_path).walk()]

    assert kinds.count("PATIENT") == 1
    assert kinds.count("SERIES") == 2
    assert kinds.count("IMAGE") == 4


def test_what_belongs_to_no_patient_stands_beside_them_in_the_directory(gallery: Gallery, tmp_path: Path) -> None:
    palette = pydicom.dcmread(io.BytesIO(synthetic.as_bytes(synthetic.ct_series(1, 16, 16)[0])))
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "SeriesInstanceUID", "PixelData", "Modality"):
        delattr(palette, keyword)
    palette.SOPClassUID = palette.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.39.1"
    palette.ContentLabel = "HOT_IRON"
    held = io.BytesIO()
    palette.save_as(held)
    _received(gallery, held.getvalue(), *synthetic.mr_series(1, 16, 16))
    _medium(gallery, tmp_path)
    found = _directory(tmp_path)

    assert [record.kind for record in found.records] == ["PATIENT", "PALETTE"]
    assert found.records[1].title == "HOT_IRON"
    assert len(FileSet(tmp_path / "DICOMDIR")) == 2
