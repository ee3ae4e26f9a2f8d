"""Instances stored as metadata and bulk data apart are the files they were made from."""

import io
import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames
from pydicom.uid import UID
from sqlalchemy import select
from werkzeug.test import TestResponse

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.native_xml import to_xml
from dicomgallery.models import Instance, db
from tests.conftest import Gallery
from tests.dicomweb.bodies import Piece, multipart
from tests.dicomweb.test_stow import STUDIES, told

JSON = "application/dicom+json"
XML = "application/dicom+xml"
PIXELS = "urn:pixels"


def model(dataset: Dataset) -> dict[str, Any]:
    """The metadata of a dataset, its pixel data elsewhere."""
    found: dict[str, Any] = dataset.to_json_dict()
    for tag in [tag for tag in found if tag < "00080000"]:
        del found[tag]
    if "PixelData" in dataset:
        found["7FE00010"] = {"vr": "OW", "BulkDataURI": PIXELS}
    return found


def metadata(*models: dict[str, Any]) -> Piece:
    return {"Content-Type": JSON}, json.dumps(models).encode()


def bulk(content: bytes, kind: str = "application/octet-stream", location: str = PIXELS) -> Piece:
    return {"Content-Type": kind, "Content-Location": location}, content


def store(client: FlaskClient, *pieces: Piece, kind: str = JSON) -> TestResponse:
    body, headers = multipart(pieces, kind=kind)
    return client.post(STUDIES, data=body, headers=headers)


def kept(client: FlaskClient) -> Dataset:
    """The newest instance as it leaves the gallery."""
    newest = db.session.scalars(select(Instance).order_by(Instance.id.desc()).limit(1)).one()
    return dcmread(io.BytesIO(client.get(f"/images/{newest.id}/original").data))


@pytest.mark.parametrize("kind", [JSON, XML])
def test_what_was_taken_apart_is_whole_again(client: FlaskClient, gallery: Gallery, kind: str) -> None:
    dataset = synthetic.ct_slice(rows=32, columns=32)
    dataset.PatientName = "Überaus^Ärztin=山田^太郎=やまだ^たろう"
    dataset.SliceLocation = 1 / 3
    dataset.ReferencedImageSequence = [Dataset(), Dataset()]
    dataset.ReferencedImageSequence[0].ReferencedSOPInstanceUID = "1.2.3"
    text = json.dumps(model(dataset)).encode() if kind == JSON else to_xml(model(dataset))

    answer = store(client, ({"Content-Type": kind}, text), bulk(dataset.PixelData), kind=kind)

    assert answer.status_code == 200, answer.text
    found = kept(client)
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    for element in dataset:
        if element.keyword != "SliceLocation":
            assert found[element.tag].value == element.value
    assert float(found.SliceLocation) == pytest.approx(1 / 3)
    assert gallery.work() > 0
    assert db.session.scalars(select(Instance.render_state)).all() == ["ready"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("JPEG2000.dcm", "image/jp2; transfer-syntax=1.2.840.10008.1.2.4.91"),
        ("MR_small_RLE.dcm", "image/dicom-rle"),
        ("examples_ybr_color.dcm", 'image/jpeg; transfer-syntax="1.2.840.10008.1.2.4.50"'),
        ("MR_small_jp2klossless.dcm", "image/jp2"),
    ],
)
@pytest.mark.parametrize("address", ["one", "each"])
def test_compressed_frames_stay_as_they_are(
    client: FlaskClient, gallery: Gallery, name: str, kind: str, address: str
) -> None:
    dataset = dcmread(str(get_testdata_file(name, download=False)))
    frames = list(generate_frames(dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames", 1))))
    places = [PIXELS if address == "one" else f"{PIXELS}/frames/{number}" for number, _ in enumerate(frames, 1)]

    pieces = [bulk(frame, kind, place) for frame, place in zip(frames, places, strict=True)]
    answer = store(client, metadata(model(dataset)), *pieces)

    assert answer.status_code == 200, answer.text
    found = kept(client)
    assert found.file_meta.TransferSyntaxUID == dataset.file_meta.TransferSyntaxUID
    assert [one.rstrip(b"\0") for one in generate_frames(found.PixelData, number_of_frames=len(frames))] == [
        one.rstrip(b"\0") for one in frames
    ]
    gallery.work()
    assert db.session.scalars(select(Instance.render_state)).all() == ["ready"]


def test_several_instances_share_a_list_and_take_values_of_any_kind_apart(
    client: FlaskClient, gallery: Gallery
) -> None:
    slices = synthetic.ct_series(2, 16, 16)
    models = [model(one) for one in slices]
    for number, one in enumerate(models):
        one["7FE00010"]["BulkDataURI"] = f"cid:{number}"
        one["00204000"] = {"vr": "LT", "BulkDataURI": f"http://elsewhere/{number}"}
        one["00281054"] = {"vr": "LO", "Value": ["HU"]}
        one["00660016"] = {"vr": "OF", "InlineBinary": "AACAPw=="}
        one["00186060"] = {"vr": "FL", "BulkDataURI": f"urn:number:{number}"}
    pieces: list[Piece] = [metadata(*models)]
    for number, one in enumerate(slices):
        pieces.append(({"Content-Type": "application/octet-stream", "Content-ID": f"<{number}>"}, one.PixelData))
        pieces.append(bulk("Grüße".encode(), location=f"http://elsewhere/{number}"))
        pieces.append(bulk(np.float32([0.5, number]).tobytes(), location=f"urn:number:{number}"))

    answer = store(client, *pieces)

    assert answer.status_code == 200, answer.text
    assert gallery.instance_count() == 2
    found = kept(client)
    assert (found.ImageComments, found.PixelData) == ("Grüße", slices[1].PixelData)
    assert found[0x00186060].value == [0.5, 1.0]
    assert found[0x00660016].value == np.float32(1).tobytes()


def test_a_report_needs_no_bulk_data_and_a_type_need_not_be_told(client: FlaskClient, gallery: Gallery) -> None:
    body, _ = multipart([metadata(model(synthetic.basic_report("Nothing.")))], kind=JSON)

    answer = client.post(STUDIES, data=body, content_type='multipart/related; boundary="a-line-between-parts"')

    assert answer.status_code == 200
    assert kept(client).ContentSequence[0].TextValue == "Nothing."


def test_a_document_of_odd_length_comes_apart_as_xml_or_pdf(client: FlaskClient, gallery: Gallery) -> None:
    report = model(synthetic.basic_report()) | {
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.104.2"]},
        "00420011": {"vr": "OB", "BulkDataURI": "urn:document"},
        "00420012": {"vr": "LO", "Value": ["text/XML"]},
        "00420015": {"vr": "UL", "Value": [7]},
    }

    answer = store(client, metadata(report), bulk(b"<abcd/>", "text/xml", "urn:document"))

    assert answer.status_code == 200
    found = kept(client)
    assert (found.EncapsulatedDocument, found.MIMETypeOfEncapsulatedDocument) == (b"<abcd/>\0", "text/XML")


def test_more_instances_than_allowed_are_refused_together(client: FlaskClient, gallery: Gallery) -> None:
    answer = store(client, ({"Content-Type": JSON}, b"[" + b"0," * 20_000 + b"0]"))

    assert answer.status_code == 409
    assert [one.FailureReason for one in told(answer)["OtherFailuresSequence"]] == [0xA700]


def broken(**changes: object) -> dict[str, Any]:
    found = model(synthetic.ct_slice(rows=16, columns=16))
    return found | changes


@pytest.mark.parametrize(
    ("told_of", "known"),
    [
        ({"00080018": {"vr": "UI"}}, False),
        ({"00080018": {"vr": "UI", "Value": ["../../etc/passwd"]}}, False),
        ({"00080018": {"vr": "UI", "Value": [{"a": 1}]}}, False),
        ({"00080018": 5}, False),
        ({"00080018": {"vr": "UI", "Value": "1.2"}}, False),
        ({"hello": {"vr": "UI"}}, False),
        ({"00100010": {"vr": "XX", "Value": ["x"]}}, False),
        ({"00100010": {"vr": "PN", "Value": ["x"], "BulkDataURI": "y"}}, False),
        ({"00280010": {"vr": "US", "Value": ["many"]}}, True),
        ({"00280010": {"vr": "US", "Value": [70000]}}, True),
        ({"00280010": {"vr": "US", "Value": [-1]}}, True),
        ({"00660016": {"vr": "OF", "InlineBinary": "no base64!"}}, False),
        ({"00081140": {"vr": "SQ", "BulkDataURI": "urn:pixels"}}, True),
        ({"00660016": {"vr": "OF", "BulkDataURI": "urn:nowhere"}}, True),
        ({"00660016": {"vr": "OF", "BulkDataURI": "urn:pixels"}}, True),
    ],
)
def test_metadata_that_makes_no_instance_fails_alone(
    client: FlaskClient, gallery: Gallery, told_of: dict[str, Any], known: bool
) -> None:
    good = synthetic.basic_report()

    answer = store(client, metadata(broken(**told_of), model(good)), bulk(bytes(512)))

    assert answer.status_code == 202, answer.text
    found = told(answer)
    assert [one.ReferencedSOPInstanceUID for one in found["ReferencedSOPSequence"]] == [good.SOPInstanceUID]
    failed = found["FailedSOPSequence" if known else "OtherFailuresSequence"]
    assert [one.FailureReason for one in failed] == [0xC000]
    assert list(gallery.settings.staging.iterdir()) == []


def test_no_value_is_repeated_in_the_log(
    client: FlaskClient, gallery: Gallery, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    odd = {"00100010": {"vr": "PN", "Value": ["Secret^Sam"]}, "00100030": {"vr": "DA", "Value": ["Secret day"]}}
    bad = {"00280010": {"vr": "US", "Value": ["Secret rows"]}, "00080054": {"vr": "AT", "Value": ["Secret"]}}

    with caplog.at_level(0):
        answer = store(client, metadata(broken(**odd), broken(**odd, **bad)), bulk(bytes(512)))

    assert answer.status_code in {202, 409}
    assert "Secret" not in caplog.text + answer.text + str([str(one.message) for one in recwarn])


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {"00081140": {"vr": "SQ", "Value": [inner]}}
    return broken(**inner)


@pytest.mark.parametrize(
    "piece",
    [
        ({"Content-Type": JSON}, b""),
        ({"Content-Type": JSON}, b"\xff\xfe{"),
        ({"Content-Type": JSON}, b"17"),
        ({"Content-Type": JSON}, b"[1, null, []]"),
        ({"Content-Type": JSON}, b"[" * 100_000),
        ({"Content-Type": JSON}, b" " * (17 << 20)),
        metadata(nested(40)),
        metadata({f"{number:08X}": {"vr": "LO"} for number in range(0x00100000, 0x00100000 + 100_001)}),
        ({"Content-Type": XML}, b"<NativeDicomModel/>"),
        ({"Content-Type": XML}, b"<NativeDicomModel><DicomAttribute tag='x' vr='LO'/></NativeDicomModel>"),
        ({"Content-Type": XML}, b"<other/>"),
        ({"Content-Type": XML}, b"<NativeDicomModel"),
        ({"Content-Type": XML}, b"<?xml version='1.0' encoding='no-such'?><NativeDicomModel/>"),
        ({"Content-Type": XML}, b"<!DOCTYPE a [<!ENTITY b 'c'>]><NativeDicomModel>&b;</NativeDicomModel>"),
        ({"Content-Type": XML}, b"<DicomAttribute>" * 5000),
    ],
)
def test_what_is_no_metadata_fails_in_words(client: FlaskClient, gallery: Gallery, piece: Piece) -> None:
    answer = store(client, piece)

    assert answer.status_code == 409
    assert all(one.FailureReason in {0xC000, 0xA700} for one in told(answer)["OtherFailuresSequence"])
    receipt = client.get(answer.headers["Link"].split(">")[0].strip("<"), headers={"Accept": "text/html"})
    assert "metadata" in receipt.text


def test_frames_that_do_not_match_are_refused(client: FlaskClient) -> None:
    dataset = dcmread(str(get_testdata_file("MR_small_RLE.dcm", download=False)))
    [frame] = generate_frames(dataset.PixelData, number_of_frames=1)

    twice = store(client, metadata(model(dataset)), bulk(frame, "image/dicom-rle"), bulk(frame, "image/dicom-rle"))
    mixed = store(client, metadata(model(dataset)), bulk(frame, "image/dicom-rle"), bulk(frame, "image/jls"))
    big = store(client, metadata(model(dataset)), bulk(frame, "image/jls; transfer-syntax=1.2.840.10008.1.2.2"))

    assert [told(one)["FailedSOPSequence"][0].FailureReason for one in (twice, mixed, big)] == [0xC000] * 3


def test_a_video_is_one_stream(client: FlaskClient, gallery: Gallery) -> None:
    cine = synthetic.us_cine(4, 16, 16)
    answer = store(client, metadata(model(cine)), bulk(b"\0\0\1\xb3" + bytes(99), "video/mpeg"))

    assert answer.status_code == 200
    found = kept(client)
    assert found.file_meta.TransferSyntaxUID == UID("1.2.840.10008.1.2.4.100")
    assert found.NumberOfFrames == 4
