"""QIDO-RS as a client meets it (PS3.18 10.6 and 8.3.4)."""

from xml.etree import ElementTree as ET

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicomgallery.catalog.dicomweb import search
from dicomgallery.dicom import synthetic
from tests.conftest import Gallery
from tests.dicomweb.conftest import Ask, Find

XML = 'multipart/related; type="application/dicom+xml"'
NAMESPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


@pytest.fixture
def chest(gallery: Gallery) -> Dataset:
    """A CT of three slices and an MR of two, with a requested procedure; gives the first slice."""
    slices = synthetic.ct_series(3, 8, 8)
    for one in slices:
        request = Dataset()
        request.ScheduledProcedureStepID, request.RequestedProcedureID = "STEP1", "PROC7"
        request.RequestedProcedureDescription = "Chest with contrast"
        one.RequestAttributesSequence = Sequence([request])
        one.TimezoneOffsetFromUTC = "+0200"
        one.PerformedProcedureStepStartDate = "20240519"
        one.add_new(0x00091000 + 0x10, "LO", "SECRET WORD")
        one.add_new(0x00090010, "LO", "SOMEBODY 1.0")
    head = synthetic.mr_series(2, 8, 8)
    for one in head:
        one.PatientName = "Müller^Jörg=山田^太郎"
        one.StudyDate, one.StudyTime = "20230102", "2330"
    gallery.ingest(*slices, *head)
    gallery.work()
    return slices[0]


def value(model: dict[str, dict[str, list[object]]], tag: str) -> object:
    """The first value of an element."""
    return model[tag]["Value"][0]


def test_a_study_is_told_with_all_that_the_standard_requires(find: Find, chest: Dataset) -> None:
    (study,) = find("/studies", PatientID=chest.PatientID)

    assert value(study, "0020000D") == chest.StudyInstanceUID
    assert value(study, "00080061") == "CT"
    assert (value(study, "00201206"), value(study, "00201208")) == (1, 3)
    assert value(study, "00081190") == f"http://localhost/dicom-web/studies/{chest.StudyInstanceUID}"
    assert value(study, "00080056") == "ONLINE"
    assert value(study, "00080201") == "+0200"
    assert value(study, "00100010") == {"Alphabetic": "Synthetic^Clara"}
    required = "00080020 00080030 00080050 00080090 00100020 00100030 00100040 00200010".split()
    assert all(tag in study for tag in required)
    assert list(study) == sorted(study)


def test_a_series_and_an_instance_are_told_with_what_stands_above_unless_the_address_names_it(
    find: Find, chest: Dataset
) -> None:
    below = f"/studies/{chest.StudyInstanceUID}/series"
    (series,) = find("/series", Modality="CT")
    (alone,) = find(below)
    (instance,) = find("/instances", SOPInstanceUID=chest.SOPInstanceUID)

    assert value(series, "00201209") == 3
    assert value(series, "00100020") == chest.PatientID
    assert value(series, "00400244") == "20240519"
    request = value(series, "00400275")
    assert request == {"00400009": {"vr": "SH", "Value": ["STEP1"]}, "00401001": {"vr": "SH", "Value": ["PROC7"]}}
    assert "00100020" not in alone
    assert value(alone, "0020000D") == chest.StudyInstanceUID
    assert (value(instance, "00280010"), value(instance, "00200013")) == (8, 1)
    assert value(instance, "0008103E") == chest.SeriesDescription
    assert value(instance, "00080201") == "+0200"
    assert len(find(f"{below}/{chest.SeriesInstanceUID}/instances")) == 3
    assert len(find(f"/studies/{chest.StudyInstanceUID}/instances")) == 3
    assert [value(one, "00200013") for one in find(f"{below}/{chest.SeriesInstanceUID}/instances")] == [1, 2, 3]


SEARCHES = [
    ({"PatientName": "synthetic^clara"}, 1),
    ({"PatientName": "SYN*"}, 1),
    ({"PatientName": "muller*"}, 1),
    ({"PatientName": "山田*"}, 1),
    ({"PatientName": "jorg muller"}, 0),
    ({"PatientName": "jorg muller", "fuzzymatching": "true"}, 1),
    ({"00100010": "*clara"}, 1),
    ({"PatientID": "SYN-*CT"}, 1),
    ({"PatientID": "syn-*ct"}, 0),
    ({"PatientID": ""}, 2),
    ({"StudyDate": "20240519"}, 1),
    ({"StudyDate": "20230101-20231231"}, 1),
    ({"StudyDate": "-20231231"}, 1),
    ({"StudyDate": "20230102-"}, 2),
    ({"StudyTime": "23"}, 1),
    ({"StudyTime": "0900-1000"}, 1),
    ({"StudyDate": "20230102-20240519", "StudyTime": "2345-0900"}, 0),
    ({"StudyDate": "20230102-20240519", "StudyTime": "2300-0930"}, 2),
    ({"ModalitiesInStudy": "CT\\MR"}, 2),
    ({"ModalitiesInStudy": "MR"}, 1),
    ({"Modality": "MR"}, 1),
    ({"NumberOfStudyRelatedInstances": "3"}, 1),
    ({"StudyDescription": "CT CHEST*"}, 1),
    ({"InstanceAvailability": "ONLINE"}, 2),
    ({"ReferringPhysicianName": "referrer*"}, 2),
    ({"RequestAttributesSequence.RequestedProcedureID": "PROC7"}, 1),
    ({"00400275.00401001": "PROC*"}, 1),
    ({"RequestAttributesSequence.RequestedProcedureID": "PROC8"}, 0),
    ({"ConvolutionKernel": "B31f"}, 1),
    ({"00091010": "SECRET*"}, 1),
    ({"SpecificCharacterSet": "ISO_IR 192"}, 2),
    ({"AccessionNumber": '""', "emptyvaluematching": "true"}, 0),
]


def test_studies_are_found_by_every_kind_of_matching(find: Find, chest: Dataset) -> None:
    assert chest.Modality == "CT"
    for query, count in SEARCHES:
        assert len(find("/studies", **query)) == count, query


def test_a_study_without_a_modality_is_told_without_that_key(gallery: Gallery, find: Find) -> None:
    one = synthetic.basic_report()
    one.Modality = ""
    gallery.ingest(one)

    (study,) = find("/studies")

    assert "00080061" not in study
    assert study["00080050"]["vr"] == "SH"


def test_a_list_of_uids_finds_each_by_comma_backslash_or_parameter(find: Find, chest: Dataset) -> None:
    uids = [str(value(study, "0020000D")) for study in find("/studies")]
    sop = chest.SOPInstanceUID

    assert len(uids) == 2
    assert len(find("/studies", StudyInstanceUID=",".join(uids))) == 2
    assert len(find("/studies", StudyInstanceUID="\\".join([*uids, "1.2.3"]))) == 2
    assert len(find("/studies", StudyInstanceUID=uids)) == 2
    assert len(find("/studies", SOPInstanceUID=sop)) == len(find("/series", SOPInstanceUID=sop)) == 1
    assert find(f"/studies/{uids[0]}/series", StudyInstanceUID="1.2.3") == []


def test_fields_that_are_asked_for_are_told_of_columns_headers_and_sequences(find: Find, chest: Dataset) -> None:
    where = f"/studies/{chest.StudyInstanceUID}"
    path = "RequestAttributesSequence.RequestedProcedureDescription"
    (series,) = find(f"{where}/series", includefield=["BodyPartExamined,PatientName", path, "00081090"])
    (first, *_) = find(f"{where}/instances", includefield="ConvolutionKernel,00091010")
    (study,) = find("/studies", PatientID=chest.PatientID, includefield="ConvolutionKernel,00200011")
    (whole, *_) = find(f"{where}/instances", includefield="all")

    assert value(series, "00180015") == "CHEST"
    assert value(series, "00100010") == {"Alphabetic": "Synthetic^Clara"}
    assert value(series, "00081090") == "Phantom"
    assert value(series, "00400275") == {"00321060": {"vr": "LO", "Value": ["Chest with contrast"]}} or (
        value(series, "00400275") == {"00401001": {"vr": "SH"}}
    )
    assert value(first, "00181210") == "B31f"
    assert (value(first, "00091010"), value(first, "00090010")) == ("SECRET WORD", "SOMEBODY 1.0")
    # PS3.18 10.6.3.3.1: what is of series and instances is not told of a study.
    assert "00181210" not in study
    assert "00200011" not in study
    assert value(whole, "00281052") == -1024
    assert "7FE00010" not in whole


def test_pages_follow_one_another_and_say_how_many_results_remain(ask: Ask, find: Find, chest: Dataset) -> None:
    where = f"/studies/{chest.StudyInstanceUID}/instances"
    first = ask(where, limit="2")
    last = ask(where, limit="2", offset="2")

    warning = "299 http://localhost/dicom-web: There are 1 additional results that can be requested."
    assert first.headers.getlist("Warning") == [warning]
    assert last.headers.getlist("Warning") == []
    pages = [*first.get_json(force=True), *last.get_json(force=True)]
    assert pages == find(where)
    assert find(where, offset="3") == []
    assert find(where, limit="0") == []
    looked_at = ask(where, limit="1", ConvolutionKernel="B31f").headers.getlist("Warning")
    assert looked_at == ["299 http://localhost/dicom-web: There are additional results that can be requested."]
    assert find(where, limit="1", offset="1", ConvolutionKernel="B31f") == find(
        where, limit="1", offset="1", includefield="ConvolutionKernel"
    )


def test_a_search_that_would_read_too_much_stops_and_says_so(
    ask: Ask, chest: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_HEADERS", 2)
    answer = ask("/instances", ConvolutionKernel=chest.ConvolutionKernel + "*")

    (warning,) = answer.headers.getlist("Warning")
    assert "Only the first 2 candidates were looked at." in warning
    assert len(ask("/instances", PatientID=chest.PatientID, SOPInstanceUID=chest.SOPInstanceUID).get_json(True)) == 1


def test_fuzzy_matching_says_what_it_was_not_done_for(ask: Ask, chest: Dataset) -> None:
    plain = ask("/studies", PatientName="clara", fuzzymatching="true")
    mixed = ask("/studies", PatientName="clara", StudyDescription="CT*", fuzzymatching="true")

    assert plain.headers.getlist("Warning") == []
    assert len(mixed.get_json(force=True)) == len(plain.get_json(force=True)) == 1
    assert "supported for person names only" in mixed.headers["Warning"]
    assert chest.PatientName.given_name == "Clara"


def test_what_has_no_header_yet_is_left_out_and_that_is_said(gallery: Gallery, ask: Ask, find: Find) -> None:
    gallery.ingest(synthetic.ct_slice(rows=8, columns=8))

    assert len(find("/studies")) == 1
    answer = ask("/studies", ConvolutionKernel="B31f")
    assert answer.get_json(force=True) == []
    assert "1 candidates have no header in the catalog yet" in answer.headers["Warning"]


def test_results_are_sent_as_xml_to_who_asks_for_that(ask: Ask, chest: Dataset) -> None:
    answer = ask("/studies", accept=XML, PatientID=chest.PatientID)
    found = [part.partition(b"\r\n\r\n")[2] for part in answer.data.split(b"\r\n--") if b"dicom+xml" in part]
    (study,) = (ET.fromstring(part) for part in found)

    assert answer.mimetype == "multipart/related"
    names = study.findall(f"{NAMESPACE}DicomAttribute[@keyword='PatientName']/*//{NAMESPACE}FamilyName")
    assert [name.text for name in names] == ["Synthetic"]
    assert ask("/studies", accept=XML, PatientID="nobody").status_code == 204


ACCEPTED = [
    ("", 200, "application/dicom+json"),
    ("*/*", 200, "application/dicom+json"),
    ("application/json", 200, "application/dicom+json"),
    ("text/html,*/*;q=0.1", 200, "application/dicom+json"),
    ("multipart/related; type=application/dicom+xml", 200, "multipart/related"),
    (f"application/dicom+json;q=0.5, {XML}", 200, "multipart/related"),
    (f"application/dicom+json, {XML};q=0.5", 200, "application/dicom+json"),
    ("image/png", 406, "application/problem+json"),
    ('multipart/related; type="application/dicom"', 406, "application/problem+json"),
    ("text/html", 406, "application/problem+json"),
    (",;\"\x7f'=" * 500, 400, "application/problem+json"),
]


def test_what_is_accepted_decides_the_form(ask: Ask, chest: Dataset) -> None:
    for accept, status, kind in ACCEPTED:
        answer = ask("/studies", accept=accept)
        assert (answer.status_code, answer.mimetype) == (status, kind), accept
        told = ask("/studies?accept=application/dicom%2Bjson", accept=accept)
        assert chest.StudyInstanceUID in told.text


UNCLEAR = [
        "PatinetName=x", "12345678=x", "0010001=x", "limit=-1", "limit=many", "offset=1.5", "fuzzymatching=perhaps",
        "StudyDate=yesterday", "StudyDate=20200101-20190101", "StudyInstanceUID=../../etc", "PatientName.PatientID=x",
        "RequestAttributesSequence=x", "PixelData=x", "includefield=Nothing", "PatientID=a&PatientID=b", "=x",
        "SeriesNumber=one", "SeriesNumber=1", ".=x", "PatientID.=x", "%00=x", "PatientName=" + "*" * 30,
        "RequestAttributesSequence=&RequestAttributesSequence.ScheduledProcedureStepID=x",
        "&".join(f"0009{n:04X}=x" for n in range(200)), "includefield=" + "PatientID," * 600,
        "NumberOfStudyRelatedInstances=nan", "NumberOfStudyRelatedInstances=1e999",
        "a" * 2000 + "=x", ".".join(["00400275"] * 20) + "=x",
    ]  # fmt: skip


def test_a_search_that_cannot_be_understood_is_refused_in_words(ask: Ask) -> None:
    for query in UNCLEAR:
        answer = ask(f"/studies?{query}")
        assert answer.status_code == 400, query
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["detail"].endswith("."), query
        assert "yesterday" not in answer.text


ODD = [
    "PatientName=%00", "PatientName=%ff%fe", "PatientID=%25_%27--", "PatientID=[*", "offset=" + "9" * 40,
    "limit=" + "9" * 40, "StudyDate=00010101-", "StudyDate=-99991231", "StudyTime=235960",
    "PatientName=%F0%9F%98%80*", "00091010=x",
]  # fmt: skip


def test_odd_values_do_no_harm(ask: Ask, chest: Dataset) -> None:
    assert chest.PatientID
    for query in ODD:
        answer = ask(f"/instances?{query}")
        assert answer.status_code == 200, (query, answer.text)


def test_addresses_that_are_none_and_searches_without_end_are_refused(ask: Ask) -> None:
    assert ask("/studies/..%2f..%2fetc/series").status_code == 404
    assert ask(f"/studies/{'1.' * 60}/series").status_code == 404
    assert ask("/studies/1%00/instances").status_code == 404
    assert ask("/studies?StudyInstanceUID=" + "1.2," * 50_000).status_code == 414
    assert ask("/studies/1.2.3/series").get_json(force=True) == []


def test_what_lies_in_the_bin_or_was_replaced_is_not_found(gallery: Gallery, find: Find, chest: Dataset) -> None:
    again = synthetic.ct_slice(1, of=3, rows=8, columns=8)
    again.InstanceNumber = "77"
    gallery.ingest(again)

    found = find(f"/studies/{chest.StudyInstanceUID}/instances")
    assert [value(one, "00200013") for one in found] == [2, 3, 77]
