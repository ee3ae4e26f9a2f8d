"""Facts come from any file at all, and garbage makes them empty, never wrong."""

from pathlib import Path
from random import Random
from typing import cast

import pydicom.data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicomgallery.dicom import facts as reading
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.facts import _ABOVE_TAGS, _TAGS, Facts, _above, facts_in, facts_of
from dicomgallery.dicom.prescan import Flawed, prescan
from dicomgallery.dicom.reader import parse, read_header, skim
from dicomgallery.dicom.structure import VR_OF_TAG
from dicomgallery.dicom.values import clean

EXPLICIT = "1.2.840.10008.1.2.1"


def with_raw(**values: tuple[int, str, bytes]) -> Dataset:
    """Make a dataset of unconverted elements, as a parse gives it."""
    elements: dict[BaseTag, DataElement | RawDataElement] = {
        BaseTag(tag): RawDataElement(BaseTag(tag), vr, len(value), value, 0, False, True)
        for tag, vr, value in values.values()
    }
    return Dataset(elements)


def test_a_ct_tells_its_facts() -> None:
    dataset = read_header(Path(str(get_testdata_file("CT_small.dcm", download=False))))

    facts = facts_of(dataset, transfer_syntax=EXPLICIT)

    assert facts.patient.name == "CompressedSamples^CT1"
    assert facts.patient.patient_id == "1CT1"
    assert facts.study.date == "20040119"
    assert facts.series.modality == "CT"
    assert facts.series.manufacturer == "GE MEDICAL SYSTEMS"
    assert (facts.instance.rows, facts.instance.columns, facts.instance.frames) == (128, 128, 1)
    assert facts.instance.position_mm == pytest.approx(-75.7)
    assert facts.instance.position == "-158.1358\\-179.0358\\-75.7"
    assert facts.instance.image_type == "ORIGINAL\\PRIMARY\\AXIAL"
    assert facts.instance.kind == "image"
    assert facts.instance.has_pixels


def test_a_parsed_file_and_a_made_dataset_tell_the_same() -> None:
    made = synthetic.ct_slice(3)

    assert facts_of(made, transfer_syntax=EXPLICIT) == facts_of(
        read_header(synthetic.as_bytes(made)), transfer_syntax=EXPLICIT
    )


def test_slices_lie_in_order_along_their_normal() -> None:
    places = [
        facts_of(dataset, transfer_syntax=EXPLICIT).instance.position_mm
        for dataset in synthetic.ct_series(5, rows=16, columns=16)
    ]

    assert places == [0.0, -2.5, -5.0, -7.5, -10.0]


def test_a_report_has_no_frames() -> None:
    facts = facts_of(synthetic.basic_report(), transfer_syntax=EXPLICIT)

    assert facts.instance.kind == "report"
    assert (facts.instance.frames, facts.instance.has_pixels) == (0, False)


def test_garbage_numbers_dates_and_identifiers_are_empty() -> None:
    dataset = with_raw(
        number=(0x00200013, "IS", b"NaN "),
        series=(0x00200011, "IS", b"1e400"),
        frames=(0x00280008, "IS", b"-7"),
        rows=(0x00280010, "US", b"\x05"),
        spot=(0x00200032, "DS", b"1\\inf\\2"),
        study=(0x0020000D, "UI", b"1.2.../etc/passwd"),
    )

    facts = facts_of(dataset, transfer_syntax="")

    assert facts.instance.number is None
    assert facts.series.number is None
    assert facts.instance.frames == 0
    assert facts.instance.rows == 0
    assert facts.instance.position_mm is None
    assert facts.instance.position == ""
    assert facts.study.study_uid == ""


def test_several_values_where_one_is_due_give_the_first() -> None:
    dataset = with_raw(modality=(0x00080060, "CS", b"CT\\MR "), number=(0x00200013, "IS", b"4\\5"))

    facts = facts_of(dataset, transfer_syntax="")

    assert (facts.series.modality, facts.instance.number) == ("CT", 4)


def test_texts_are_cut_cleaned_and_composed() -> None:
    dataset = with_raw(
        charset=(0x00080005, "CS", b"ISO_IR 192"), about=(0x00081030, "LO", "Ju\u0308rgen\0".encode() + b"x" * 3000)
    )
    dataset.set_original_encoding(False, True, ["utf-8"])

    described = facts_of(dataset, transfer_syntax="").study.description

    assert described.startswith("Jürgenx")
    assert len(described) == 1000


def test_removal_of_identity_is_told_with_and_without_its_method() -> None:
    dataset = synthetic.ct_slice(rows=8, columns=8)
    assert facts_of(dataset, transfer_syntax="").series.deidentified == "no"

    dataset.PatientIdentityRemoved = "YES"
    assert facts_of(dataset, transfer_syntax="").series.deidentified == "yes"

    dataset.DeidentificationMethodCodeSequence = [Dataset()]
    assert facts_of(dataset, transfer_syntax="").series.deidentified == "profile"


@pytest.mark.parametrize(
    ("sop_class", "kind"),
    [
        ("1.2.840.10008.5.1.4.1.1.2", "image"),
        ("1.2.840.10008.5.1.4.1.1.88.33", "report"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "document"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "waveform"),
        ("1.2.840.10008.5.1.4.1.1.481.5", "plan"),
        ("1.2.840.10008.5.1.4.1.1.481.3", "structure"),
        ("1.2.840.10008.5.1.4.1.1.481.2", "image"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "presentation"),
        ("1.2.840.10008.5.1.4.1.1.66.4", "segmentation"),
        ("1.2.840.10008.5.1.4.1.1.66", "other"),
        ("1.2.3", "other"),
    ],
)
def test_the_class_decides_the_kind(sop_class: str, kind: str) -> None:
    dataset = Dataset()
    dataset.SOPClassUID = sop_class

    assert facts_of(dataset, transfer_syntax="").instance.kind == kind


TAGS = [0x00080005, 0x00080018, 0x00080020, 0x00080060, 0x00100010, 0x00120064, 0x00200013, 0x00200032, 0x00200037]
TAGS += [0x00280008, 0x00280010, 0x00280030, 0x0020000D, 0x00420010, 0x52009229]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(["", "UN", "IS", "DS", "US", "PN", "UI", "SQ", "FD"]),
                       st.binary(max_size=40)), max_size=8)
)  # fmt: skip
def test_no_values_at_all_bring_facts_down(values: list[tuple[int, str, bytes]]) -> None:
    dataset = Dataset(
        {
            BaseTag(tag): RawDataElement(BaseTag(tag), vr or None, len(value), value, 0, not vr, True)
            for tag, vr, value in values
        }
    )

    facts = facts_of(dataset, transfer_syntax="")

    assert facts.instance.frames >= 0
    assert "\0" not in facts.patient.name


def both_ways(data: bytes) -> tuple[Facts | None, Facts] | None:
    """The facts skimmed and the facts parsed; None for what the gate or the parser refuses, or a skim leaves to it."""
    scanned = prescan(data)
    if isinstance(scanned, Flawed) or skim(data, scanned, _TAGS) is None:
        return None
    parsed = facts_of(
        parse(data, scanned),
        transfer_syntax=scanned.transfer_syntax,
        headerless=scanned.headerless,
        has_pixels=scanned.pixel_offset is not None,
    )
    return facts_in(data, scanned), parsed


@pytest.mark.parametrize("tag", [tag for tag in _TAGS if VR_OF_TAG[tag] != "SQ"], ids=lambda tag: f"{tag:08X}")
def test_what_the_slice_before_told_is_not_taken_for_what_this_one_tells(tag: int) -> None:
    slice_before = synthetic.ct_series(1)[0]
    this = synthetic.ct_series(1)[0]
    other = {"US": 3, "DS": ["1.5"] * 6, "IS": "77", "UI": "1.2.3", "CS": "YES", "DA": "19990101", "TM": "0101"}
    this[tag] = DataElement(tag, vr := VR_OF_TAG[tag], "ISO_IR 192" if tag == 0x00080005 else other.get(vr, "other"))

    told_before = both_ways(synthetic.as_bytes(slice_before))
    told = both_ways(synthetic.as_bytes(this))

    assert told_before is not None
    assert told is not None
    assert told[0] == told[1]


def test_the_same_bytes_in_another_character_set_are_another_name() -> None:
    names = []
    this = synthetic.ct_slice()
    this.PatientName = "Διονυσιος"
    for character_set in (b"ISO_IR 192", b"ISO_IR 100"):
        data = synthetic.as_bytes(this).replace(b"ISO_IR 192", character_set)
        scanned = prescan(data)
        assert not isinstance(scanned, Flawed)
        names.append(facts_in(data, scanned).patient.name)

    assert names == ["Διονυσιος", clean("Διονυσιος".encode().decode("latin-1"))]


def test_of_a_header_as_long_as_a_file_nothing_is_kept() -> None:
    this = synthetic.ct_series(1)[0]
    this.StudyDescription = this.SeriesDescription = "x" * 40_000
    data = synthetic.as_bytes(this)
    scanned = prescan(data)
    assert not isinstance(scanned, Flawed)

    assert facts_in(data, scanned).study.description.startswith("xxx")
    assert reading._last_above is None or not reading._last_above.study.description.startswith("xxx")


def real_files() -> list[Path]:
    packaged = Path(pydicom.data.__file__).parent / "test_files"
    corpus = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    found = [path for folder in (packaged, corpus) for path in folder.rglob("*") if path.is_file()]
    return sorted(path for path in found if path.stat().st_size < 1 << 20)


def test_skimmed_facts_equal_parsed_ones_for_every_real_file() -> None:
    compared = 0
    for path in real_files():
        facts = both_ways(path.read_bytes())
        if facts is not None:
            assert facts[0] == facts[1], path.name
            compared += 1

    assert compared > 40


def test_skimmed_facts_equal_parsed_ones_of_damaged_files() -> None:
    """What the parser would refuse or read otherwise, the skim leaves to it."""
    chance = Random(20)
    files = [whole for path in real_files() if 500 < len(whole := path.read_bytes()) < 100_000]
    compared = 0
    for _ in range(1500):
        data = bytearray(chance.choice(files))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(132, min(len(data), 3000))] = chance.choice([0, 0x49, 0x55, 255])
        facts = both_ways(bytes(data))
        if facts is not None:
            assert facts[0] == facts[1]
            compared += 1

    assert compared > 300


def test_a_skim_knows_every_element_that_facts_are_read_from() -> None:
    asked: set[int] = set()

    class Asked(Dataset):
        def __contains__(self, name: object) -> bool:
            asked.add(cast("int", name))
            return False

        def get_item(self, key: object, *, keep_deferred: bool = False) -> None:  # type: ignore[override]
            asked.add(cast("int", key))

    _above(Asked())

    # The sequence leaves a header to the parse.
    assert asked - {0x00120064} <= set(_ABOVE_TAGS)
    assert len(asked) > 25

    facts_of(Asked(), transfer_syntax=EXPLICIT)

    pixels = {0x7FE00008, 0x7FE00009, 0x7FE00010}
    assert asked - pixels <= set(_TAGS)
    assert len(asked) > 40
