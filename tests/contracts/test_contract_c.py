"""Contract C over a real server with a plain HTTP client, so that paths travel as servers hand them over."""

import io
import tarfile
import zipfile
from collections.abc import Sequence
from urllib.parse import quote, urlencode

import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.data import get_testdata_file

from bench.server import Server
from dicomgallery.dicom import synthetic
from tests.contracts.asking import Answer, ask, upload


def get(server: Server, path: str, **query: str | Sequence[str]) -> Answer:
    return ask(server, "GET", path + ("?" + urlencode(query, doseq=True) if query else ""))


def some_dicom(rows: int = 32) -> bytes:
    """A file that nobody has sent before."""
    return synthetic.as_bytes(fresh(rows))


def fresh(rows: int = 32) -> Dataset:
    some_dicom.count = getattr(some_dicom, "count", 0) + 1  # type: ignore[attr-defined]
    return synthetic.ct_series(1, rows=rows, columns=32, seed=10_000 + some_dicom.count)[0]  # type: ignore[attr-defined]


def ct_small() -> bytes:
    with open(get_testdata_file("CT_small.dcm"), "rb") as file:  # type: ignore[arg-type] # noqa: PTH123
        return file.read()


def test_a_good_upload_answers_201_with_its_keys_in_order(server: Server) -> None:
    answer = upload(
        server, {"study": "iraj-x-ray"}, [("files", "IM000001", some_dicom()), ("files", "IM000020", some_dicom())]
    )

    assert answer.status == 201
    assert list(answer.json) == ["failedFiles", "files", "success"]
    assert [list(file) for file in answer.json["files"]] == [["id", "name"], ["id", "name"]]
    assert [file["name"] for file in answer.json["files"]] == ["IM000001", "IM000020"]
    assert get(server, "/files/iraj-x-ray").json == {
        "files": ["IM000001", "IM000020"],
        "filesCount": 2,
        "study": "iraj-x-ray",
        "success": True,
    }
    assert "iraj-x-ray" in get(server, "/files").json["studies"]


def test_studies_are_listed_with_their_number(server: Server) -> None:
    upload(server, {"study": "listed"}, [("files", "a", some_dicom())])

    listed = get(server, "/files").json

    assert list(listed) == ["studies", "studiesCount", "success"]
    assert listed["studiesCount"] == len(listed["studies"])


def test_the_good_files_of_a_mixed_upload_are_kept_with_207(server: Server) -> None:
    answer = upload(
        server, {"study": "mixed"}, [("files", "good", some_dicom()), ("files", "sample.pdf", b"%PDF-1.7 no dicom")]
    )

    assert answer.status == 207
    assert answer.json["failedFiles"] == 1
    assert answer.json["success"] is False
    assert {k: answer.json["files"][0][k] for k in ("name", "reason")} == {
        "name": "sample.pdf",
        "reason": "invalid_type",
    }
    assert answer.json["files"][0]["detail"].endswith(".")
    assert get(server, "/files/mixed").json["files"] == ["good"]


def test_an_upload_of_nothing_good_answers_400_in_the_same_shape(server: Server) -> None:
    answer = upload(server, {"study": "hopeless"}, [("files", "a.txt", b"hello"), ("files", "b.txt", b"")])

    assert answer.status == 400
    assert [file["reason"] for file in answer.json["files"]] == ["invalid_type", "invalid_type"]


def test_a_truncated_file_says_so(server: Server) -> None:
    answer = upload(server, {"study": "cut"}, [("files", "cut.dcm", ct_small()[:-1000])])

    assert answer.status == 400
    assert answer.json["files"][0]["reason"] == "truncated"


def test_the_same_name_in_a_study_is_a_duplicate(server: Server) -> None:
    upload(server, {"study": "twice"}, [("files", "a", some_dicom())])

    answer = upload(server, {"study": "twice"}, [("files", "a", some_dicom())])

    assert answer.status == 400
    assert answer.json["files"][0]["reason"] == "duplicate"


def test_the_same_bytes_under_another_name_or_study_are_the_same_id(server: Server) -> None:
    data = some_dicom()
    first = upload(server, {"study": "one"}, [("files", "a", data)]).json["files"][0]["id"]

    again = upload(server, {"study": "one"}, [("files", "b", data)])
    elsewhere = upload(server, {"study": "two"}, [("files", "a", data)])

    assert (again.status, elsewhere.status) == (201, 201)
    assert again.json["files"] == [{"id": first, "name": "b"}]
    assert elsewhere.json["files"] == [{"id": first, "name": "a"}]
    assert get(server, "/files/one").json["files"] == ["a", "b"]


def test_files_without_a_study_are_unsorted_and_the_field_may_be_called_file(server: Server) -> None:
    answer = upload(server, {}, [("file", "lonely", some_dicom())])

    assert answer.status == 201
    assert "lonely" in get(server, "/files/unsorted").json["files"]


def test_the_members_of_archives_become_files_named_by_their_path(server: Server) -> None:
    packed, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/b/one", some_dicom())
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        data = some_dicom()
        member = tarfile.TarInfo("c/two")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))

    answer = upload(
        server, {"study": "packed"}, [("files", "x.zip", packed.getvalue()), ("files", "y", tarred.getvalue())]
    )

    assert answer.status == 201
    assert get(server, "/files/packed").json["files"] == ["a/b/one", "c/two"]
    assert get(server, "/files/packed/a/b/one/tag", tag="Rows").json["tags"][0]["value"] == 32


def test_an_unknown_study_or_file_answers_404(server: Server) -> None:
    study = get(server, "/files/nowhere")
    file = get(server, "/files/nowhere/nothing/tag", tag="Rows")
    picture = get(server, "/files/nowhere/nothing/png")
    odd = get(server, "/files//%0A")

    assert (study.status, study.json) == (404, {"error": "study not found", "success": False})
    assert (odd.status, odd.json) == (study.status, study.json)
    assert (file.status, file.json) == (404, {"error": "file not found", "success": False})
    assert (picture.status, picture.json) == (404, {"error": "file not found", "success": False})


def test_tags_come_back_in_the_order_asked_by_tag_keyword_or_path(server: Server) -> None:
    upload(server, {"study": "tags"}, [("files", "ct", ct_small())])

    answer = get(
        server,
        "/files/tags/ct/tag",
        tag=["(0028,0010)", "PatientName", "00280011", "AccessionNumber", "PatientSpeciesDescription"],
    ).json

    assert list(answer) == ["file", "study", "success", "tags"]
    assert answer["tags"][0] == {
        "VM": 1,
        "VR": "US",
        "keyword": "Rows",
        "name": "Rows",
        "tag": "(0028,0010)",
        "value": 128,
    }
    assert list(answer["tags"][0]) == ["VM", "VR", "keyword", "name", "tag", "value"]
    assert [tag["keyword"] for tag in answer["tags"]] == [
        "Rows",
        "PatientName",
        "Columns",
        "AccessionNumber",
        "PatientSpeciesDescription",
    ]
    assert answer["tags"][1]["value"] == "CompressedSamples^CT1"
    assert answer["tags"][4]["value"] is None


def test_sequences_come_as_dicom_json_nested_values_by_path_and_binary_by_its_length(server: Server) -> None:
    upload(server, {"study": "nested"}, [("files", "ct", ct_small())])

    values = get(
        server,
        "/files/nested/ct/tag",
        tag=["OtherPatientIDsSequence", "OtherPatientIDsSequence[0].PatientID", "PixelData"],
    ).json["tags"]

    assert values[0]["value"][0]["00100020"] == {"vr": "LO", "Value": ["ABCD1234"]}
    assert values[1]["value"] == "ABCD1234"
    assert values[2]["value"] == {"bytes": 128 * 128 * 2}


def test_wrong_tags_are_named_and_none_at_all_is_refused(server: Server) -> None:
    upload(server, {"study": "wrong"}, [("files", "ct", ct_small())])

    invalid = get(server, "/files/wrong/ct/tag", tag=["(2222,2222)", "Rows", "NoSuchKeyword"])
    empty = get(server, "/files/wrong/ct/tag")

    assert (invalid.status, invalid.json) == (400, {"invalidTags": ["(2222,2222)", "NoSuchKeyword"], "success": False})
    assert (empty.status, empty.json) == (400, {"error": "tag query parameter is empty", "success": False})


def test_the_png_is_the_picture_with_frame_and_window(server: Server) -> None:
    upload(server, {"study": "pictures"}, [("files", "ct", ct_small())])

    plain = get(server, "/files/pictures/ct/png")
    dark = get(server, "/files/pictures/ct/png", window="10", level="5000")
    beyond = get(server, "/files/pictures/ct/png", frame="2")

    assert (plain.status, plain.type) == (200, "image/png")
    assert Image.open(io.BytesIO(plain.body)).size == (128, 128)
    assert Image.open(io.BytesIO(dark.body)).getextrema() == (0, 0)
    assert beyond.status in (400, 422)
    assert beyond.json["success"] is False


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "研究", "x" * 300, "a/b", "a//b", "100% +&?#", "tag", "png", "a/tag", "/a"],
)
def test_names_are_any_text_for_studies_and_files(server: Server, name: str) -> None:
    data = some_dicom()
    number = upload(server, {"study": name}, [("files", name, data)]).json["files"][0]["id"]

    assert name in get(server, "/files").json["studies"]
    assert get(server, "/files", study=name).json["files"] == [name]
    by_query = get(server, "/files/tag", study=name, file=name, tag="Rows")
    assert (by_query.status, by_query.json["file"], by_query.json["study"]) == (200, name, name)
    assert get(server, "/files/png", study=name, file=name).type == "image/png"
    safe = quote(name, safe="")
    assert get(server, f"/files/{safe}").json["files"] == [name]
    assert get(server, f"/files/{safe}/{safe}/tag", tag="Rows").json["tags"][0]["value"] == 32
    assert get(server, f"/files/{safe}/{safe}/png").type == "image/png"
    assert number > 0


def test_an_empty_name_and_one_with_nul_are_stored_as_plain_text(server: Server) -> None:
    answer = upload(server, {"study": ""}, [("files", "nul\0inside", some_dicom())])

    assert answer.status == 201
    assert answer.json["files"][0]["name"] == "nul\N{REPLACEMENT CHARACTER}inside"
    assert "nul\N{REPLACEMENT CHARACTER}inside" in get(server, "/files/unsorted").json["files"]


def test_the_form_on_the_front_page_carries_a_study_name_and_many_files(server: Server) -> None:
    page = get(server, "/").body.decode()

    assert 'action="/upload"' in page
    assert 'type="file"' in page
    assert "multiple" in page
