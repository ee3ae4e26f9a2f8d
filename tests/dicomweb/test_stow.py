"""STOW-RS: every instance has its own outcome, told as PS3.18 annex I has it."""

import gzip
from collections.abc import Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydicom import Dataset
from sqlalchemy import select
from werkzeug.test import TestResponse

from dicomgallery.dicom import synthetic
from dicomgallery.dicomweb.store_answer import FAILURES
from dicomgallery.ingest.incoming import Origin
from dicomgallery.ingest.outcome import ADVICE, Reason
from dicomgallery.models import Instance, ReceiptLine, Study, db
from dicomgallery.settings import Settings
from dicomgallery.web.receipts import ORIGINS, REASONS
from tests.conftest import Gallery
from tests.dicomweb.bodies import Piece, multipart

STUDIES = "/dicom-web/studies"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(data=settings.data, max_file_bytes=500_000, max_archive_entries=12, max_stream_bytes=2_000_000)


@pytest.fixture
def slices() -> list[Dataset]:
    return synthetic.ct_series(3, 16, 16)


def store(client: FlaskClient, pieces: Sequence[Piece], path: str = STUDIES, **options: Any) -> TestResponse:
    body, headers = multipart(pieces, **options)
    return client.post(path, data=body, headers=headers)


def told(answer: TestResponse) -> dict[str, list[dict[str, Any]]]:
    """What was kept, what failed, and what was no instance at all."""
    assert answer.mimetype == "application/dicom+json", answer.text
    found = Dataset.from_json(answer.get_json(force=True))
    names = ("ReferencedSOPSequence", "FailedSOPSequence", "OtherFailuresSequence")
    return {name: list(found.get(name, [])) for name in names if name in found}  # type: ignore[misc]


def receipt_of(client: FlaskClient, answer: TestResponse) -> str:
    """The page that says in words what became of each part."""
    page = client.get(answer.headers["Link"].split(">")[0].strip("<"), headers={"Accept": "text/html"})
    assert page.status_code == 200
    return page.text


def test_every_reason_has_its_code_its_words_and_its_advice() -> None:
    assert set(FAILURES) == set(REASONS) == set(ADVICE) == set(Reason)
    assert {one.value for one in Origin} == set(ORIGINS)


def test_what_was_stored_is_told_with_where_to_retrieve_it(client: FlaskClient, slices: list[Dataset]) -> None:
    answer = store(client, [synthetic.as_bytes(one) for one in slices])

    assert answer.status_code == 200
    found = told(answer)
    assert set(found) == {"ReferencedSOPSequence"}
    first, study = found["ReferencedSOPSequence"][0], f"http://localhost{STUDIES}/{slices[0].StudyInstanceUID}"
    assert [one.ReferencedSOPInstanceUID for one in found["ReferencedSOPSequence"]] == [
        one.SOPInstanceUID for one in slices
    ]
    assert first.ReferencedSOPClassUID == slices[0].SOPClassUID
    assert first.RetrieveURL == f"{study}/series/{slices[0].SeriesInstanceUID}/instances/{slices[0].SOPInstanceUID}"
    assert answer.get_json(force=True)["00081190"]["Value"] == [study]
    assert "part 3" in receipt_of(client, answer)


def test_the_bytes_are_kept_as_they_came_and_come_again_as_duplicates(
    client: FlaskClient, gallery: Gallery, slices: list[Dataset]
) -> None:
    data = synthetic.as_bytes(slices[0])

    assert [store(client, [data], line=line).status_code for line in (b"\n", b"\r\n")] == [200, 200]

    assert gallery.instance_count() == 1
    [kept] = db.session.scalars(select(Instance)).all()
    assert kept.origin == "dicomweb"
    assert client.get(f"/images/{kept.id}/original").data[132:] == data[132:]


def test_one_instance_may_come_without_parts(client: FlaskClient, slices: list[Dataset]) -> None:
    answer = client.post(STUDIES, data=synthetic.as_bytes(slices[0]), content_type="application/dicom")

    assert answer.status_code == 200
    assert len(told(answer)["ReferencedSOPSequence"]) == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/related; type=application/dicom; boundary=----=_Part_1",
        'Multipart/Related;BOUNDARY="----=_Part_1";start=x; Type="Application/DICOM"',
        "multipart/related; boundary=----=_Part_1",
    ],
)
def test_senders_write_their_media_type_as_they_like(
    client: FlaskClient, slices: list[Dataset], content_type: str
) -> None:
    body, _ = multipart([synthetic.as_bytes(slices[0])], edge="----=_Part_1")

    assert client.post(STUDIES, data=body, headers={"Content-Type": content_type}).status_code == 200


def test_bad_parts_harm_nothing_else(client: FlaskClient, gallery: Gallery, slices: list[Dataset]) -> None:
    good = [synthetic.as_bytes(one) for one in slices]
    pieces = [good[0], b"no DICOM", good[1], good[2][:-50], b"", synthetic.as_bytes(synthetic.ct_slice(rows=600))]

    answer = store(client, pieces)

    assert answer.status_code == 202
    found = told(answer)
    assert [one.ReferencedSOPInstanceUID for one in found["ReferencedSOPSequence"]] == [
        one.SOPInstanceUID for one in slices[:2]
    ]
    assert [one.FailureReason for one in found["OtherFailuresSequence"]] == [0xC000, 0xC000, 0xC000, 0xA700]
    assert gallery.instance_count() == 2
    assert list(gallery.settings.staging.iterdir()) == []


def test_a_body_that_ends_early_keeps_what_came_whole(
    client: FlaskClient, gallery: Gallery, slices: list[Dataset]
) -> None:
    body, headers = multipart([synthetic.as_bytes(one) for one in slices[:2]])

    answer = client.post(STUDIES, data=body[:-300], headers=headers)

    assert answer.status_code == 202
    assert [one.FailureReason for one in told(answer)["OtherFailuresSequence"]] == [0xC000]
    assert gallery.instance_count() == 1


def test_nothing_stored_is_a_conflict(client: FlaskClient) -> None:
    answer = store(client, [b"no DICOM", b"nor this"])

    assert answer.status_code == 409
    assert [one.FailureReason for one in told(answer)["OtherFailuresSequence"]] == [0xC000, 0xC000]
    assert "Value" not in answer.get_json(force=True)["00081190"]


def test_below_a_study_only_its_own_instances_are_taken(client: FlaskClient, gallery: Gallery) -> None:
    ours, theirs = synthetic.ct_slice(rows=16, columns=16), synthetic.mr_series(1, 16, 16)[0]

    answer = store(client, [synthetic.as_bytes(theirs), synthetic.as_bytes(ours)], f"{STUDIES}/{ours.StudyInstanceUID}")

    assert answer.status_code == 202
    [failed] = told(answer)["FailedSOPSequence"]
    assert (failed.ReferencedSOPClassUID, failed.ReferencedSOPInstanceUID) == (
        theirs.SOPClassUID,
        theirs.SOPInstanceUID,
    )
    assert failed.FailureReason == 0xA900
    assert [study.study_uid for study in db.session.scalars(select(Study))] == [ours.StudyInstanceUID]
    lines = [(line.outcome, line.reason) for line in db.session.scalars(select(ReceiptLine).order_by(ReceiptLine.id))]
    assert lines == [("rejected", "other_study"), ("accepted", "")]
    assert "Of another study." in receipt_of(client, answer)


def test_what_was_noted_of_an_instance_is_a_warning(client: FlaskClient, slices: list[Dataset]) -> None:
    del slices[0].StudyInstanceUID
    headerless = synthetic.as_bytes(slices[1])[132:]

    answer = store(client, [synthetic.as_bytes(slices[0]), headerless, synthetic.as_bytes(slices[2])])

    assert answer.status_code == 202
    reasons = [one.get("WarningReason") for one in told(answer)["ReferencedSOPSequence"]]
    assert reasons == [0xB000, 0xB007, None]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/dicom+xml", "application/dicom+xml"),
        ("application/dicom+json;q=0.5, application/dicom+xml", "application/dicom+xml"),
        ("*/*", "application/dicom+json"),
        ("text/html,*/*;q=0.1", "application/dicom+json"),
        ("application/json", "application/dicom+json"),
        (";;;," * 2000, "application/dicom+json"),
    ],
)
def test_the_answer_is_json_or_xml_as_asked(client: FlaskClient, slices: list[Dataset], accept: str, kind: str) -> None:
    body, headers = multipart([synthetic.as_bytes(slices[0]), b"no DICOM"])

    answer = client.post(STUDIES, data=body, headers={**headers, "Accept": accept})

    assert (answer.status_code, answer.mimetype) == (202, kind)
    assert slices[0].SOPInstanceUID in answer.text


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"x", 415),
        ("", b"x", 415),
        ("multipart/form-data; boundary=e", b"--e--", 415),
        ('multipart/related; type="image/png"; boundary=e', b"--e\r\n\r\nx\r\n--e--", 415),
        ("application/dicom", b"", 400),
        ('multipart/related; type="application/dicom"', b"--e\r\n\r\nx\r\n--e--", 400),
        ('multipart/related; type="application/dicom"; boundary=e', b"", 400),
        ('multipart/related; type="application/dicom"; boundary=e', b"--e--", 400),
        ('multipart/related; type="application/dicom"; boundary=e', b"--f\r\n\r\nx\r\n--f--", 400),
        (f'multipart/related; type="application/dicom"; boundary={"e" * 71}', b"--e--", 400),
        ('multipart/related; type="application/dicom+json"; boundary=e', b"--e\r\n\r\n[]\r\n", 400),
        ("multipart/related; ;;=;type*0*=%ff; boundary=e", b"x", 400),
        ("multipart/related; ;;=; boundary*=utf-8''%0d", b"x", 400),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/dicom+json"])
def test_what_cannot_be_read_at_all_is_refused_in_words(
    client: FlaskClient, content_type: str, body: bytes, status: int, accept: str
) -> None:
    answer = client.post(STUDIES, data=body, headers={"Content-Type": content_type, "Accept": accept})

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json(force=True)["detail"].endswith(".")


@pytest.mark.parametrize("kind", ["application/dicom", 'multipart/related; type="application/dicom"; boundary=e'])
def test_a_body_over_the_limit_is_refused_before_it_is_read(client: FlaskClient, kind: str) -> None:
    answer = client.post(STUDIES, data=bytes(2_000_001), headers={"Content-Type": kind})

    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


def test_an_address_that_is_no_study_is_told_so(client: FlaskClient, slices: list[Dataset]) -> None:
    for uid in ("x", "1.2/../3", "1" * 65, "%00"):
        assert store(client, [synthetic.as_bytes(slices[0])], f"{STUDIES}/{uid}").status_code in {404, 405}, uid


def test_more_parts_than_allowed_are_refused_and_the_first_are_kept(client: FlaskClient, gallery: Gallery) -> None:
    pieces = [synthetic.as_bytes(one) for one in synthetic.ct_series(14, 16, 16)]

    answer = store(client, pieces)

    assert answer.status_code == 202
    assert len(told(answer)["ReferencedSOPSequence"]) == gallery.instance_count() == 12
    assert [one.FailureReason for one in told(answer)["OtherFailuresSequence"]] == [0xA700]


def test_parts_are_named_by_what_they_say_or_by_their_number(client: FlaskClient, gallery: Gallery) -> None:
    one, two = (synthetic.as_bytes(one) for one in synthetic.ct_series(2, 16, 16))
    named = {"Content-Type": "application/dicom", "Content-Disposition": 'attachment; filename="../CT 1.dcm"'}

    store(client, [(named, one), two])

    assert [found.file_name for found in db.session.scalars(select(Instance).order_by(Instance.id))] == [
        "../CT 1.dcm",
        "part 2",
    ]


def test_a_packed_body_is_refused_by_its_name(client: FlaskClient) -> None:
    body, headers = multipart([synthetic.as_bytes(synthetic.basic_report())])

    packed = client.post(STUDIES, data=gzip.compress(body), headers={**headers, "Content-Encoding": "gzip"})
    plain = client.post(STUDIES, data=body, headers={**headers, "Content-Encoding": "identity"})

    assert packed.status_code == 415
    assert "Content-Encoding" in packed.get_json()["detail"]
    assert plain.status_code == 200
