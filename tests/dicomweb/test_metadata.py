"""Metadata as a client meets it (PS3.18 10.4.1.1.2), and the cache behind it."""

import gzip
import os
import time
import zlib
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

import orjson
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from sqlalchemy import delete, update

from dicomgallery import settings
from dicomgallery.access import LOCAL_OWNER
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import bulk_paths, paths, synthetic
from dicomgallery.models import Header, Instance, transaction
from dicomgallery.services import metadata, removal
from dicomgallery.services.upkeep import clear_metadata
from tests.conftest import Gallery
from tests.dicomweb.conftest import Ask, Find

XML = 'multipart/related; type="application/dicom+xml"'
NAMESPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


@pytest.fixture
def slices(gallery: Gallery) -> list[Dataset]:
    """A CT of three slices, the first with a long private value inside a sequence."""
    made = synthetic.ct_series(3, 8, 8)
    inner = Dataset()
    inner.add_new(0x00720068, "LT", "short")
    inner.add_new(0x00420011, "OB", b"%PDF" * 1000)
    made[0].add_new(0x00089215, "SQ", [Dataset(), inner])
    gallery.ingest(*made)
    gallery.work()
    return made


def address(dataset: Dataset, *, instance: bool = False) -> str:
    """Where a series, or an instance of it, is."""
    path = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    return f"{path}/instances/{dataset.SOPInstanceUID}" if instance else path


def test_the_metadata_of_a_series_is_all_its_headers_with_addresses_for_what_is_long(
    find: Find, slices: Sequence[Dataset]
) -> None:
    found = find(f"{address(slices[0])}/metadata")
    first = found[0]
    here = f"http://localhost/dicom-web{address(slices[0], instance=True)}/bulkdata/"

    assert [model["00200013"]["Value"] for model in found] == [[1], [2], [3]]
    assert first["7FE00010"] == {"vr": "OW", "BulkDataURI": f"{here}7FE00010"}
    nested = first["00089215"]["Value"][1]["00420011"]["BulkDataURI"]
    assert nested == f"{here}00089215/1/00420011"
    path = bulk_paths.parse(nested.removeprefix(here))
    assert path is not None
    leaf = paths.leaf_at(slices[0], path)
    assert leaf is not None
    assert leaf.value == b"%PDF" * 1000
    assert first["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}


def test_a_study_an_instance_and_a_series_tell_the_same(
    gallery: Gallery, find: Find, slices: Sequence[Dataset]
) -> None:
    other = synthetic.ct_slice(rows=8, columns=8)
    other.SeriesInstanceUID, other.SOPInstanceUID, other.SeriesNumber = "1.2.3", "1.2.3.1", "9"
    gallery.ingest(other)

    series = find(f"{address(slices[0])}/metadata")
    assert find(f"{address(slices[1], instance=True)}/metadata") == series[1:2]
    assert find(f"/studies/{other.StudyInstanceUID}/metadata") == series + find(f"{address(other)}/metadata")


def test_pydicom_reads_the_metadata_of_its_own_files_as_they_are(gallery: Gallery, find: Find) -> None:
    for name in ("MR_small_bigendian.dcm", "rtplan.dcm", "../charset_files/chrH31.dcm", "priv_SQ.dcm"):
        original = dcmread(str(get_testdata_file(name, download=False)))
        gallery.ingest(synthetic.as_bytes(original))
        (place,) = find("/instances", SOPInstanceUID=original.SOPInstanceUID) if "SOPInstanceUID" in original else [{}]
        if not place:
            continue
        path = place["00081190"]["Value"][0].removeprefix("http://localhost/dicom-web")
        (model,) = find(f"{path}/metadata")
        back = Dataset.from_json(model, bulk_data_uri_handler=lambda _tag, _vr, _uri: None)
        back.SpecificCharacterSet = original.get("SpecificCharacterSet")
        for element in original:
            if element.VR not in ("OB", "OW", "UN", "SQ") and element.tag != 0x00080005:
                assert back[element.tag].value == element.value, (name, element.tag)


def test_the_metadata_is_sent_as_xml_part_by_part(ask: Ask, slices: Sequence[Dataset]) -> None:
    answer = ask(f"{address(slices[0])}/metadata", accept=XML)
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answer.data.split(b"\r\n--") if b"dicom+xml" in part]
    first, *rest = (ET.fromstring(body) for body in bodies)

    assert answer.mimetype == "multipart/related"
    assert len(rest) == 2
    pixels = first.find(f"{NAMESPACE}DicomAttribute[@tag='7FE00010']/{NAMESPACE}BulkData")
    assert pixels is not None
    assert pixels.attrib["uri"].endswith(f"{address(slices[0], instance=True)}/bulkdata/7FE00010")
    nested = first.find(f".//{NAMESPACE}Item[@number='2']/{NAMESPACE}DicomAttribute[@keyword='SelectorLTValue']/*")
    assert nested is not None
    assert nested.text == "short"
    with_study = ask(f"/studies/{slices[0].StudyInstanceUID}/metadata", accept=XML)
    assert with_study.data.count(b"<NativeDicomModel") == 3


def test_it_is_kept_compressed_and_sent_as_it_is_kept_to_who_can_read_that(
    gallery: Gallery, ask: Ask, slices: Sequence[Dataset]
) -> None:
    path = f"/dicom-web{address(slices[0])}/metadata"
    plain = ask(f"{address(slices[0])}/metadata")
    packed = gallery.app.test_client().get(path, headers={"Accept-Encoding": "gzip"})
    (kept,) = (gallery.settings.data / "cache" / "metadata").rglob("*.json.gz")

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.data == kept.read_bytes()
    assert packed.headers["ETag"] == plain.headers["ETag"]
    again = gallery.app.test_client().get(path, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"


def test_another_instance_makes_other_metadata_and_the_older_goes(
    gallery: Gallery, ask: Ask, slices: Sequence[Dataset]
) -> None:
    where = f"{address(slices[0])}/metadata"
    before = ask(where)
    more = synthetic.ct_slice(4, of=4, rows=8, columns=8)
    gallery.ingest(more)
    after = ask(where)

    assert len(before.get_json(force=True)) == 3
    assert len(after.get_json(force=True)) == 4
    assert before.headers["ETag"] != after.headers["ETag"]
    assert len(list(metadata.cache().keys())) == 1


def test_another_host_name_has_addresses_of_its_own(gallery: Gallery, find: Find, slices: Sequence[Dataset]) -> None:
    where = f"{address(slices[0])}/metadata"
    find(where)
    answer = gallery.app.test_client().get(f"/dicom-web{where}", headers={"Host": "127.0.0.1:8042"})

    uri = answer.get_json(force=True)[0]["7FE00010"]["BulkDataURI"]
    assert uri.startswith("http://127.0.0.1:8042/dicom-web/studies/")
    assert find(where)[0]["7FE00010"]["BulkDataURI"].startswith("http://localhost/")


def test_what_has_no_header_or_an_old_one_is_read_from_its_file(
    gallery: Gallery, find: Find, slices: Sequence[Dataset]
) -> None:
    where = f"{address(slices[0])}/metadata"
    before = find(where)
    old = zlib.compress(orjson.dumps({"00080060": {"vr": "CS", "Value": ["CT"]}}))
    with transaction() as session:
        ids = sorted(session.scalars(Instance.__table__.select().with_only_columns(Instance.id)))
        session.execute(delete(Header).where(Header.instance_id == ids[0]))
        session.execute(update(Header).where(Header.instance_id == ids[1]).values(json_zlib=old))
    for key in list(metadata.cache().keys()):
        metadata.cache().forget(key)

    assert find(where) == before
    assert gallery.instance_count() == 3


def test_a_file_that_is_lost_is_still_named(gallery: Gallery, ask: Ask, find: Find) -> None:
    one = synthetic.ct_slice(rows=8, columns=8)
    gallery.ingest(one)
    (blob,) = (path for path in (gallery.settings.data / "blobs").rglob("*") if len(path.name) == 64)
    blob.rename(gallery.settings.data / "elsewhere")

    answer = ask(f"{address(one)}/metadata")
    (model,) = answer.get_json(force=True)
    assert "ETag" not in answer.headers
    assert model == {
        "00080016": {"vr": "UI", "Value": [one.SOPClassUID]},
        "00080018": {"vr": "UI", "Value": [one.SOPInstanceUID]},
        "0020000D": {"vr": "UI", "Value": [one.StudyInstanceUID]},
        "0020000E": {"vr": "UI", "Value": [one.SeriesInstanceUID]},
    }
    (gallery.settings.data / "elsewhere").rename(blob)
    (model,) = find(f"{address(one)}/metadata")
    assert model["00280010"] == {"vr": "US", "Value": [8]}


def test_a_file_without_uids_is_told_by_those_it_is_filed_under(gallery: Gallery, find: Find) -> None:
    one = synthetic.ct_slice(rows=8, columns=8)
    del one.StudyInstanceUID
    gallery.ingest(one)

    (found,) = find("/instances")
    path = found["00081190"]["Value"][0].removeprefix("http://localhost/dicom-web")
    (model,) = find(f"{path}/metadata")
    assert model["0020000D"] == found["0020000D"]


def test_upkeep_drops_what_changed_and_keeps_the_cache_under_its_limit(
    gallery: Gallery, find: Find, slices: Sequence[Dataset]
) -> None:
    find(f"{address(slices[0])}/metadata")
    assert clear_metadata(actor=LOCAL_OWNER).left_bytes > 0
    removal.to_bin(Selection(images=(_ids(gallery)[0],)), actor=LOCAL_OWNER)
    assert clear_metadata(actor=LOCAL_OWNER).left_bytes == 0

    find(f"{address(slices[1])}/metadata")
    (kept,) = (gallery.settings.data / "cache" / "metadata").rglob("*.json.gz")
    long_ago = time.time() - 3600
    os.utime(kept, (long_ago, long_ago))
    token = settings.use(replace(gallery.settings, metadata_cache_bytes=1))
    try:
        assert clear_metadata(actor=LOCAL_OWNER).items == 1
    finally:
        settings.done_with(token)


def _ids(gallery: Gallery) -> list[int]:
    assert gallery.instance_count()
    with transaction() as session:
        return sorted(session.scalars(Instance.__table__.select().with_only_columns(Instance.id)))


def test_what_is_not_here_is_not_found_in_words(ask: Ask, slices: Sequence[Dataset]) -> None:
    study, series = slices[0].StudyInstanceUID, slices[0].SeriesInstanceUID
    for path in (
        "/studies/1.2.3/metadata",
        f"/studies/{study}/series/1.2.3/metadata",
        f"/studies/1.2.3/series/{series}/metadata",
        f"/studies/{study}/series/{series}/instances/1.2.3/metadata",
        "/studies/..%2f..%2fetc%2fpasswd/metadata",
        f"/studies/{study}/series/{'9' * 65}/metadata",
    ):
        answer = ask(path)
        assert answer.status_code == 404, path
        assert answer.mimetype == "application/problem+json"
    assert ask(f"{address(slices[0])}/metadata", accept="image/png").status_code == 406
