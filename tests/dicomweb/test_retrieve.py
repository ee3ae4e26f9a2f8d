"""WADO-RS: studies, series and instances, whole."""

import io
import zipfile

import imagecodecs
import numpy as np
import pytest
from flask.testing import FlaskClient
from pydicom import Dataset
from pydicom.pixels import pixel_array

from dicomgallery.catalog import objects
from dicomgallery.models import db
from dicomgallery.storage.opening import store
from tests.conftest import Gallery
from tests.dicomweb.asking import (
    ANY_DICOM,
    EXPLICIT,
    JPEG_LS,
    RLE,
    address,
    ct,
    filed,
    get,
    gray_frames,
    jpeg_ls,
    packaged,
    parts,
    read,
    with_blank_preamble,
)
from tests.imaging.making import as_file, compressed, image

FILES = (
    "CT_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm", "JPEG2000.dcm",
    "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_rle_2frame.dcm", "MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm",
    "liver_1frame.dcm", "ExplVR_LitEndNoMeta.dcm", "reportsi.dcm", "SC_ybr_full_422_uncompressed.dcm",
    "rtdose_rle.dcm", "693_J2KI.dcm", "rtstruct.dcm", "examples_palette.dcm",
)  # fmt: skip


def lossless(dataset: Dataset) -> bool:
    return dataset.file_meta.TransferSyntaxUID not in {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"}


def test_a_study_comes_as_its_files_one_after_another_and_says_how_long_it_is(
    gallery: Gallery, client: FlaskClient
) -> None:
    series = ct()
    gallery.ingest(*(data for _, data in series))

    answer = get(client, address(series[0][0], "study"), 'multipart/related; type="application/dicom"')

    assert answer.status_code == 200
    assert answer.mimetype == "multipart/related"
    assert "Accept" in answer.headers["Vary"]
    assert answer.content_length == len(answer.data)
    found = parts(answer)
    assert sorted(part.data for part in found) == sorted(with_blank_preamble(data) for _, data in series)
    assert {(part.media_type, part.syntax) for part in found} == {("application/dicom", EXPLICIT)}
    assert get(client, found[0].location.removeprefix("http://localhost")).data == found[0].data


def test_a_series_holds_nothing_of_another_one(gallery: Gallery, client: FlaskClient) -> None:
    mine, other = ct(1)[0], ct(2)[1]
    other[0].SeriesInstanceUID = f"{mine[0].SeriesInstanceUID}.9"
    gallery.ingest(mine[1], other[0])

    found = parts(get(client, address(other[0], "series"), ANY_DICOM))

    assert [read(part.data).SOPInstanceUID for part in found] == [other[0].SOPInstanceUID]
    assert len(parts(get(client, address(mine[0], "study"), ANY_DICOM))) == 2


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_comes_as_it_is_stored_and_as_explicit_little_endian(
    gallery: Gallery, client: FlaskClient, name: str
) -> None:
    data = packaged(name)
    gallery.ingest(data)
    one = objects.below(gallery.scope, *only_uids(gallery))[0]
    where = f"/dicom-web/studies/{one.study_uid}/series/{one.series_uid}/instances/{one.sop_uid}"

    stored = get(client, where, "application/dicom; transfer-syntax=*").data
    plain = get(client, where, 'multipart/related; type="application/dicom"')

    if one.headerless:
        assert stored[128:132] == b"DICM"
        assert stored.endswith(data)
    else:
        assert stored == (with_blank_preamble(data) if data[128:132] == b"DICM" else data)
    rewritten = read(parts(plain)[0].data)
    original = read(stored)
    assert rewritten.file_meta.TransferSyntaxUID == EXPLICIT
    assert {element.tag for element in rewritten} >= {element.tag for element in original if element.tag.element}
    assert str(rewritten.get("PatientName")) == str(original.get("PatientName"))
    if "PixelData" in original:
        apart = abs(pixel_array(rewritten, raw=True).astype(int) - as_decoded(original).astype(int)).max()
        assert apart <= (0 if lossless(original) else 2)


def as_decoded(dataset: Dataset):  # type: ignore[no-untyped-def] # an array of whatever type
    """Pixels by pydicom, a JPEG's colors as RGB, which is what decoding makes of them."""
    is_jpeg = dataset.file_meta.TransferSyntaxUID.startswith("1.2.840.10008.1.2.4.5")
    return pixel_array(dataset, raw=not is_jpeg)


def only_uids(gallery: Gallery) -> tuple[str, str, str]:
    row = db.session.execute(
        db.text(
            "select study.study_uid, series.series_uid, instance.sop_uid from instance"
            " join series on series.id = series_key join study on study.id = study_key"
        )
    ).one()
    return row[0], row[1], row[2]


@pytest.mark.parametrize("syntax", [RLE, JPEG_LS, "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201"])
@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "SC_rgb_rle_2frame.dcm", "MR_small_bigendian.dcm", "examples_palette.dcm"]
)
def test_pixels_are_the_same_in_whatever_lossless_encoding_is_asked_for(
    gallery: Gallery, client: FlaskClient, name: str, syntax: str
) -> None:
    data = packaged(name)
    gallery.ingest(data)

    answer = get(client, address(read(data)), f"application/dicom; transfer-syntax={syntax}")

    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == f"application/dicom; transfer-syntax={syntax}"
    made = read(answer.data)
    assert made.file_meta.TransferSyntaxUID == syntax
    assert (pixel_array(made) == pixel_array(read(data))).all()


def test_a_header_stays_byte_for_byte_but_for_what_decoding_changes(gallery: Gallery, client: FlaskClient) -> None:
    data = packaged("SC_rgb_jpeg_dcmtk.dcm")
    gallery.ingest(data)

    plain = get(client, address(read(data))).data

    begins = data.index(b"\x08\x00\x05\x00")
    pixels = data.index(b"\xe0\x7f\x10\x00")
    made = plain[plain.index(b"\x08\x00\x05\x00") : plain.index(b"\xe0\x7f\x10\x00")]
    before, after = data[begins:pixels].split(b"\x28\x00\x04\x00", 1)
    assert made.startswith(before)
    assert made.endswith(after.partition(b"\x28\x00\x06\x00")[2].partition(b"\x28\x00\x10\x00")[2])
    assert read(plain).PhotometricInterpretation == "RGB"


def test_what_cannot_be_had_in_a_syntax_is_refused_in_words_alone_and_comes_as_stored_among_others(
    gallery: Gallery, client: FlaskClient
) -> None:
    series = ct(1)
    floats = filed(image(np.ones((8, 8), np.float32), BitsAllocated=32))
    floats.StudyInstanceUID = series[0][0].StudyInstanceUID
    gallery.ingest(series[0][1], as_file(floats))

    alone = get(client, address(floats), f"application/dicom; transfer-syntax={JPEG_LS}")
    both = parts(
        get(client, address(floats, "study"), f'multipart/related; type="application/dicom"; transfer-syntax={JPEG_LS}')
    )

    assert (alone.status_code, alone.mimetype) == (406, "application/problem+json")
    assert "real numbers" in alone.json["detail"]  # type: ignore[index]
    assert sorted(part.syntax for part in both) == [EXPLICIT, JPEG_LS]
    assert {str(read(part.data).file_meta.TransferSyntaxUID) for part in both} == {EXPLICIT, JPEG_LS}


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.4.50", "1.2.3.4"])
def test_a_syntax_that_is_not_written_here_is_not_acceptable(
    gallery: Gallery, client: FlaskClient, syntax: str
) -> None:
    ((dataset, data),) = ct(1)
    gallery.ingest(data)

    for level in ("instance", "study"):
        accept = f'multipart/related; type="application/dicom"; transfer-syntax={syntax}'
        assert get(client, address(dataset, level), accept).status_code == 406


def test_a_part_of_an_instance_can_be_had_and_is_not_sent_again(gallery: Gallery, client: FlaskClient) -> None:
    ((dataset, data),) = ct(1)
    gallery.ingest(data)
    whole = get(client, address(dataset), "application/dicom")

    part = get(client, address(dataset), "application/dicom", Range="bytes=100-199")
    again = get(client, address(dataset), "application/dicom", If_None_Match=whole.headers["ETag"])
    beyond = get(client, address(dataset), "application/dicom", Range="bytes=99999999-")

    assert (part.status_code, part.data) == (206, with_blank_preamble(data)[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(data)}"
    assert (again.status_code, again.data) == (304, b"")
    assert beyond.status_code == 416


def test_a_study_that_did_not_change_is_not_sent_again(gallery: Gallery, client: FlaskClient) -> None:
    series = ct(2)
    gallery.ingest(series[0][1])
    study = address(series[0][0], "study")
    etag = get(client, study).headers["ETag"]

    assert get(client, study, If_None_Match=etag).status_code == 304
    assert get(client, study, ANY_DICOM, If_None_Match=etag).status_code == 200
    gallery.ingest(series[1][1])
    assert get(client, study, If_None_Match=etag).status_code == 200


def test_a_study_comes_as_a_zip_where_that_is_asked_for(gallery: Gallery, client: FlaskClient) -> None:
    series = ct(2)
    gallery.ingest(*(data for _, data in series))

    answer = get(client, address(series[0][0], "study") + "?accept=application/zip")

    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        held = sorted(archive.read(name) for name in archive.namelist())
    assert held == sorted(with_blank_preamble(data) for _, data in series)


def test_several_objects_do_not_come_as_one_file(gallery: Gallery, client: FlaskClient) -> None:
    series = ct(2)
    gallery.ingest(*(data for _, data in series))

    answer = get(client, address(series[0][0], "study"), "application/dicom")

    assert answer.status_code == 406
    assert "multipart/related" in answer.json["detail"]  # type: ignore[index]


def test_what_is_gone_from_the_disk_is_told_and_the_rest_comes(gallery: Gallery, client: FlaskClient) -> None:
    series = ct(2)
    gallery.ingest(*(data for _, data in series))
    first = objects.below(gallery.scope, series[0][0].StudyInstanceUID)[0]
    store().remove(first.blob_sha256)

    study = get(client, address(series[0][0], "study"))
    alone = get(client, address(series[0][0]))

    assert study.status_code == 206
    assert len(parts(study)) == 1
    assert "1 of these" in study.headers["Warning"]
    assert alone.status_code == 503

    second = objects.below(gallery.scope, series[0][0].StudyInstanceUID)[1]
    store().remove(second.blob_sha256)

    assert get(client, address(series[0][0], "study")).status_code == 503


def test_a_range_of_an_unknown_unit_is_passed_over(gallery: Gallery, client: FlaskClient) -> None:
    [(dataset, data)] = ct(1)
    gallery.ingest(data)

    for accept, path in (("application/dicom", ""), ("application/octet-stream", "/frames/1")):
        whole = get(client, address(dataset) + path, accept)
        assert get(client, address(dataset) + path, accept, Range="items=0-5").data == whole.data


def test_a_multi_frame_object_is_rewritten_frame_by_frame(gallery: Gallery, client: FlaskClient) -> None:
    frames = gray_frames(5)
    dataset, data = jpeg_ls(frames)
    gallery.ingest(data)

    made = read(get(client, address(dataset), "application/dicom").data)

    assert (pixel_array(made) == frames).all()
    assert made.NumberOfFrames == 5


def test_a_large_object_with_one_bad_frame_is_refused_and_never_half_sent(
    gallery: Gallery, client: FlaskClient
) -> None:
    frames = np.zeros((3, 2100, 2100), np.uint16) + np.arange(2100, dtype=np.uint16)
    dataset = filed(image(frames, frames=True))
    packed = [bytes(imagecodecs.jpegls_encode(frame)) for frame in frames]
    compressed(dataset, [*packed[:2], packed[2][:40] + b"\xff\xd9" * 20])
    gallery.ingest(as_file(dataset, JPEG_LS))

    good = get(client, address(dataset), f"application/dicom; transfer-syntax={JPEG_LS}")
    bad = get(client, address(dataset), f"application/dicom; transfer-syntax={RLE}")

    assert good.status_code == 200
    assert (bad.status_code, bad.mimetype) == (406, "application/problem+json")


def test_frames_that_a_file_lacks_are_refused_before_anything_is_sent(gallery: Gallery, client: FlaskClient) -> None:
    dataset, _ = jpeg_ls(gray_frames(2))
    dataset.NumberOfFrames = 2_000_000
    gallery.ingest(as_file(dataset, JPEG_LS))

    answer = get(client, address(dataset), f"application/dicom; transfer-syntax={EXPLICIT}")

    assert answer.status_code == 406
    assert "Not all of its 2000000 frames" in answer.json["detail"]  # type: ignore[index]


@pytest.mark.parametrize("uid", ["1.2.3", "..", "%2e%2e%2f%2e%2e%2fetc", "1%00.2", "x" * 5000, "' or 1=1 --", "1.2\\3"])
def test_what_is_not_here_is_404_as_problem_details_whatever_is_accepted(client: FlaskClient, uid: str) -> None:
    for path in (f"/dicom-web/studies/1/series/{uid}", f"/dicom-web/studies/1/series/2/instances/{uid}/rendered"):
        answer = get(client, path, "text/html,*/*;q=0.5")

        assert answer.status_code in {404, 308}
        assert "html" not in answer.mimetype or answer.status_code == 308


def test_a_retrieve_leaves_a_trace_that_names_nobody(gallery: Gallery, client: FlaskClient) -> None:
    ((dataset, data),) = ct(1)
    gallery.ingest(data)

    get(client, address(dataset, "study"))
    get(client, address(dataset))

    events = db.session.execute(
        db.text("select event, subject, detail from audit_event order by id desc limit 2")
    ).all()
    assert [event[0] for event in events] == ["original_taken", "objects_taken"]
    assert str(dataset.StudyInstanceUID) not in str(events)


def test_a_binned_object_is_not_retrieved(gallery: Gallery, client: FlaskClient) -> None:
    ((dataset, data),) = ct(1)
    gallery.ingest(filed(dataset) and data)
    uids = only_uids(gallery)
    path = f"/dicom-web/studies/{uids[0]}"
    assert get(client, path).status_code == 200

    db.session.execute(db.text("update instance set binned_at = '2026-01-01 00:00:00'"))
    db.session.commit()

    assert get(client, path).status_code == 404
