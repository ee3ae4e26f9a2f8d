"""What an attribute is, in place."""

import csv
import json
from pathlib import Path

import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.valuerep import STANDARD_VR

from dicomgallery.dicom import deid_table, iod_types
from dicomgallery.dicom.explain import explain
from dicomgallery.dicom.iod_types import DATA, entry_for, module_name, required_tags

CT = "1.2.840.10008.5.1.4.1.1.2"
SR = "1.2.840.10008.5.1.4.1.1.88.33"
REFERENCE = Path(__file__).resolve().parents[2] / ".." / "shared" / "reference"


def test_a_patient_name_is_explained_in_full() -> None:
    told = explain(0x00100010, CT)

    assert told.name == "Patient's Name"
    assert told.meaning == "The full name of the patient."
    assert (told.vr, told.vm) == ("PN", "1")
    assert told.vr_meaning.startswith("A person's name")
    assert (told.module, told.type) == ("Patient", "2")
    assert told.type_meaning == "must be there, but may be empty when its value is unknown"
    assert (told.deid_action, told.deid_meaning) == ("Z", "emptied, or replaced by a made-up value")
    assert told.href.startswith("https://dicom.nema.org/")
    assert not told.retired


def test_the_type_depends_on_the_class_and_on_the_sequences_around() -> None:
    assert explain(0x00280030, CT).type == "1"
    assert explain(0x00280030, SR).type == ""
    assert explain(0x00280030, SR).type_meaning.startswith("not part of this kind")
    assert explain(0x00280030, "1.2.3").type_meaning == "this kind of object is not known here"
    assert explain(0x00081155, CT).type == ""
    assert explain(0x00081155, CT, parents=[0x00081140]).type == "1"


def test_private_elements_are_explained_by_their_creator() -> None:
    known = explain(0x00191023, CT, "GEMS_ACQU_01")
    unknown = explain(0x00191023, CT, "NOBODY KNOWS", vr="DS")

    assert (known.name, known.vr) == ("Table Speed [mm/rotation]", "DS")
    assert (unknown.name, unknown.vr) == ("Private element", "DS")
    assert known.deid_action == unknown.deid_action == "X"
    assert explain(0x00190010, CT).name == "Private Creator"


def test_retired_repeated_and_unknown_elements_are_told_as_such() -> None:
    assert explain(0x00080001, CT).retired
    assert explain(0x60023000, CT).name == "Overlay Data"
    assert explain(0x60023000, CT).deid_action == "X"
    assert explain(0x00070000, CT).deid_action == "X"
    assert explain(0x00080000, CT).name == "Group Length"
    assert explain(0x0008FFF0, CT).name == "Unknown element"
    assert explain(0x00280010, CT).deid_action == "K"


def test_an_ambiguous_vr_explains_each_of_its_kinds() -> None:
    told = explain(0x00280106, CT)

    assert told.vr == "US or SS"
    assert "Or: A signed whole number of 16 bits." in told.vr_meaning


def test_every_vr_has_a_sentence_and_every_meaning_a_known_keyword() -> None:
    vrs = json.loads((DATA / "vr_meanings.json").read_text(encoding="utf-8"))
    meanings = json.loads((DATA / "attribute_meanings.json").read_text(encoding="utf-8"))

    assert set(vrs) == {vr.value for vr in STANDARD_VR}
    assert len(meanings) >= 150
    assert [keyword for keyword in meanings if tag_for_keyword(keyword) is None] == []
    assert all(text.endswith(".") for text in [*vrs.values(), *meanings.values()])


def test_every_action_of_the_table_has_words() -> None:
    with (DATA / "deid_actions.csv").open(encoding="utf-8", newline="") as file:
        tags = [row["tag"] for row in csv.DictReader(file)]
    numbers = [int(tag[1:5] + tag[6:10], 16) for tag in tags if "x" not in tag and "g" not in tag]

    assert len(numbers) > 600
    assert all(explain(number, CT).deid_meaning for number in numbers)
    row = deid_table.row_for(0x0020000D)
    assert row is not None
    assert row.options["retain_uids"] == "K"


def test_a_ct_needs_what_the_standard_says() -> None:
    required = required_tags(CT)

    assert required[0x00100010] == "2"
    assert required[0x0020000D] == "1"
    assert 0x00101010 not in required


def test_modules_are_named_as_in_the_standard() -> None:
    assert module_name("voi-lut") == "VOI LUT"
    assert module_name("general-image") == "General Image"
    found = entry_for(CT, 0x00180060)
    assert found is not None
    assert found.module == "CT Image"


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference tables are not beside this checkout")
def test_the_tables_are_those_of_the_reference() -> None:
    assert (DATA / "deid_actions.csv").read_bytes() == (REFERENCE / "e1_1_actions.csv").read_bytes()
    assert (DATA / "iod_types.json.gz").read_bytes() == (REFERENCE / "iod_types.json.gz").read_bytes()
    assert iod_types.is_known_class(CT)
