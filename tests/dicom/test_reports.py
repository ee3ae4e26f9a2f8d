"""Reports and key object selections as documents."""

import json
from pathlib import Path

import pydicom.data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as ItemSequence

from dicomgallery.dicom import reports, synthetic
from dicomgallery.dicom.codes import Code
from dicomgallery.dicom.reader import read_header
from dicomgallery.dicom.reports import Item, Reference, as_json, as_text, report_of, walk

PACKAGED = Path(pydicom.data.__file__).parent / "test_files"


def code(meaning: str, value: str = "1", scheme: str = "DCM") -> ItemSequence:
    one = Dataset()
    one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning = value, scheme, meaning
    return ItemSequence([one])


def content(kind: str, name: str = "", relation: str = "CONTAINS", **values: object) -> Dataset:
    one = Dataset()
    one.ValueType, one.RelationshipType = kind, relation
    if name:
        one.ConceptNameCodeSequence = code(name)
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def referenced(uid: str, *frames: int) -> ItemSequence:
    one = Dataset()
    one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
    if frames:
        one.ReferencedFrameNumber = list(frames)
    return ItemSequence([one])


def document(*items: Dataset, title: str = "Chest CT report") -> Dataset:
    dataset = content("CONTAINER", title)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    dataset.ContentSequence = ItemSequence(items)
    return dataset


def only(item: Dataset) -> Item:
    report = report_of(document(item))
    assert report is not None
    return report.items[0]


def measured(number: str, unit: str, meaning: str, scheme: str = "UCUM") -> ItemSequence:
    one = Dataset()
    one.NumericValue = number
    one.MeasurementUnitsCodeSequence = code(meaning, unit, scheme)
    return ItemSequence([one])


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (content("TEXT", "Finding", TextValue="A mass\r\nof 3 cm"), "A mass\nof 3 cm"),
        (content("CODE", "Site", ConceptCodeSequence=code("Left lung", "39607008", "SCT")), "Left lung"),
        (content("PNAME", "Observer", PersonName="Yamada^Tarou=山田^太郎"), "Yamada Tarou (山田 太郎)"),
        (content("DATE", "Seen", Date="20240131"), "31 Jan 2024"),
        (content("TIME", "Seen", Time="101500"), "10:15:00"),
        (content("DATETIME", "Seen", DateTime="20240131101500"), "31 Jan 2024, 10:15:00"),
        (content("UIDREF", "Device", UID="1.2.3"), "1.2.3"),
        (content("NUM", "Area", MeasuredValueSequence=measured("12.5", "mm2", "square millimeter")), "12.5 mm²"),
        (content("NUM", "Count", MeasuredValueSequence=measured("3", "1", "no units")), "3"),
        (content("NUM", "Mean", MeasuredValueSequence=measured("-119", "[hnsf'U]", "Hounsfield unit")), "-119 HU"),
        (content("NUM", "Rate", MeasuredValueSequence=measured("60", "{beats}/min", "per minute")), "60 beats/min"),
        (content("NUM", "Ratio", MeasuredValueSequence=measured("0.5", "{}", "ratio")), "0.5"),
        (content("NUM", "Score", MeasuredValueSequence=measured("4", "x", "points", "99LOCAL")), "4 points"),
        (content("NUM", "Lost", NumericValueQualifierCodeSequence=code("Measurement failure")), "Measurement failure"),
        (content("SCOORD", GraphicType="POLYLINE", GraphicData=[1.0, 2.0, 3.0, 4.0, 1.0, 2.0]), "polyline, 3 points"),
        (content("SCOORD3D", GraphicType="POINT", GraphicData=[1.0, 2.0, 3.0]), "point, 1 point"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_every_value_type_is_said_for_a_person(item: Dataset, value: str) -> None:
    assert only(item).value == value


def test_objects_are_named_with_their_frames() -> None:
    item = only(content("IMAGE", "Source", ReferencedSOPSequence=referenced("1.2.3", 4, 5)))

    assert item.references == (Reference("1.2.840.10008.5.1.4.1.1.2", "1.2.3", (4, 5)),)


def test_an_item_by_reference_says_where_it_stands() -> None:
    item = Dataset()
    item.RelationshipType = "INFERRED FROM"
    item.ReferencedContentItemIdentifier = [1, 2, 3]

    assert only(item).value == "See item 1.2.3"


def test_a_long_code_and_a_urn_are_codes_too() -> None:
    long, urn = Dataset(), Dataset()
    long.LongCodeValue, long.CodingSchemeDesignator, long.CodeMeaning = "x" * 20, "L", "Long"
    urn.URNCodeValue, urn.CodeMeaning = "urn:x", "Urn"

    assert only(content("CODE", ConceptCodeSequence=ItemSequence([long]))).code == Code("x" * 20, "L", "Long")
    assert only(content("CODE", ConceptCodeSequence=ItemSequence([urn]))).code == Code("urn:x", "", "Urn")


def test_what_the_document_says_of_itself() -> None:
    dataset = document(content("TEXT", "Finding", TextValue="none"))
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "VERIFIED"
    dataset.ContentDate, dataset.ContentTime = "20240131", "101500"
    verifier = Dataset()
    verifier.VerifyingObserverName, verifier.VerifyingOrganization = "Doe^Jane", "A clinic"
    verifier.VerificationDateTime = "20240201"
    dataset.VerifyingObserverSequence = ItemSequence([verifier])

    report = report_of(dataset)

    assert report is not None
    assert (report.title, report.is_complete, report.is_verified) == ("Chest CT report", True, True)
    assert [(one.name, one.organization, one.at) for one in report.verifiers] == [
        ("Doe Jane", "A clinic", "1 Feb 2024")
    ]
    assert (report.date, report.time, report.is_selection) == ("20240131", "101500", False)


def test_a_key_object_selection_is_known_and_its_objects_stand_once() -> None:
    dataset = document(
        content("TEXT", "Description", TextValue="look at these"),
        *(content("IMAGE", ReferencedSOPSequence=referenced(uid)) for uid in ("1.2", "1.3", "1.2")),
        title="Of Interest",
    )
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.59"

    report = report_of(dataset)

    assert report is not None
    assert report.is_selection
    assert [reference.sop_uid for reference in report.references()] == ["1.2", "1.3"]


def test_more_items_than_a_page_bears_are_counted_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_ITEMS", 3)

    report = report_of(document(*(content("TEXT", str(number), TextValue="x") for number in range(5))))

    assert report is not None
    assert (len(report.items), report.left_out) == (3, 2)
    assert as_text(report).endswith("(2 more items are not listed.)\n")


def test_what_is_no_report_has_none() -> None:
    assert report_of(synthetic.ct_slice()) is None


def test_the_packaged_report_reads_as_text_and_as_json() -> None:
    report = report_of(read_header(PACKAGED / "test-SR.dcm"))

    assert report is not None
    assert "  Diameter: 3 Length Unit\n    Code: Sample Code\n" in as_text(report)
    told = json.loads(json.dumps(as_json(report)))
    assert told["content"][1]["content"][1]["value"] == "3 Length Unit"
    assert told["content"][1]["content"][1]["code"]["meaning"] == "Length Unit"
    assert max(depth for _, depth in walk(report.items)) >= 2


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["TEXT", "NUM", "CODE", "IMAGE", "SCOORD", "", "PNAME", "DATETIME", "CONTAINER"]),
            st.sampled_from(["TextValue", "PersonName", "DateTime", "UID", "GraphicType"]),
            st.text(max_size=30),
        ),
        max_size=6,
    )
)
def test_no_values_at_all_bring_a_report_down(values: list[tuple[str, str, str]]) -> None:
    report = report_of(document(*(content(kind, "x", **{keyword: value}) for kind, keyword, value in values)))

    assert report is not None
    assert as_text(report).startswith("Chest CT report\n")
    json.dumps(as_json(report)).encode()
