"""The DICOM JSON model: valid whatever the values, and the same as pydicom's where that is right."""

import base64
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.dicomjson import to_json, to_model
from dicomgallery.dicom.reader import read_header


def raw(*values: tuple[int, str, bytes]) -> Dataset:
    """Make a dataset of unconverted elements."""
    return Dataset(
        {
            BaseTag(tag): RawDataElement(BaseTag(tag), vr or None, len(value), value, 0, not vr, True)
            for tag, vr, value in values
        }
    )


def packaged(name: str) -> Path:
    """Find one of pydicom's own files."""
    return Path(str(get_testdata_file(name, download=False)))


def test_a_header_becomes_the_model_of_the_standard() -> None:
    model = orjson.loads(to_json(read_header(packaged("CT_small.dcm"))))

    assert model["00080060"] == {"vr": "CS", "Value": ["CT"]}
    assert model["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "CompressedSamples^CT1"}]}
    assert model["00280010"] == {"vr": "US", "Value": [128]}
    assert model["00200032"]["Value"] == [-158.135803, -179.035797, -75.699997]
    assert model["00100030"] == {"vr": "DA"}
    assert model["00091001"] == {"vr": "LO", "Value": ["GE_GENESIS_FF"]}
    assert list(model) == sorted(model)


@pytest.mark.parametrize("name", ["MR_small.dcm", "test-SR.dcm", "rtplan.dcm", "waveform_ecg.dcm", "image_dfl.dcm"])
def test_it_agrees_with_pydicom_on_ordinary_files(name: str) -> None:
    ours = orjson.loads(to_json(read_header(packaged(name))))
    theirs = orjson.loads(orjson.dumps(read_header(packaged(name)).to_json_dict(), default=str))

    assert ours.keys() == theirs.keys()
    for tag, element in theirs.items():
        if len(element.get("InlineBinary", "")) <= 1024 and element["vr"] != "SQ":
            assert ours[tag] == element


def test_name_groups_are_kept_apart() -> None:
    model = orjson.loads(to_json(read_header(packaged("../charset_files/chrH31.dcm"))))

    assert model["00100010"]["Value"] == [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]


def test_numbers_that_json_cannot_say_stay_text() -> None:
    model = orjson.loads(
        to_json(
            raw(
                (0x00180050, "DS", b"NaN "),
                (0x00200013, "IS", b"twelve"),
                (0x00200032, "DS", b"1\\-inf\\ "),
                (0x00189073, "FD", b"\0\0\0\0\0\0\xf8\x7f"),
                (0x00200011, "IS", b"9" * 30),
            )
        )
    )

    assert model["00180050"]["Value"] == ["NaN"]
    assert model["00200013"]["Value"] == ["twelve"]
    assert model["00200032"]["Value"] == [1.0, "-inf", None]
    assert model["00189073"]["Value"] == ["NaN"]
    assert model["00200011"]["Value"] == ["9" * 30]


def test_short_binary_is_inline_and_long_binary_has_an_address() -> None:
    dataset = raw((0x00420011, "OB", b"\1\2"), (0x00091010, "UN", b"x" * 1025), (0x00420012, "OB", b""))
    inner = raw((0x00720068, "OB", b"y" * 1025))
    dataset.add_new(0x00089215, "SQ", [Dataset(), inner])
    model = orjson.loads(to_json(dataset))

    assert base64.b64decode(model["00420011"]["InlineBinary"]) == b"\1\2"
    assert model["00091010"] == {"vr": "UN", "BulkDataURI": "bulkdata/00091010"}
    assert model["00420012"] == {"vr": "OB"}
    nested = model["00089215"]["Value"][1]["00720068"]["BulkDataURI"]
    assert nested == "bulkdata/00089215/1/00720068"
    assert to_model(dataset)["00091010"] == {"vr": "UN"}


def test_words_of_a_big_endian_file_are_sent_in_little_endian_order() -> None:
    dataset = Dataset({BaseTag(0x00281201): RawDataElement(BaseTag(0x00281201), "OW", 4, b"\1\2\3\4", 0, False, False)})

    assert base64.b64decode(orjson.loads(to_json(dataset))["00281201"]["InlineBinary"]) == b"\2\1\4\3"


def test_a_vr_that_the_standard_does_not_know_is_sent_as_bytes() -> None:
    model = orjson.loads(to_json(raw((0x00091010, "QQ", b"a\\b"))))

    assert model["00091010"]["vr"] == "UN"
    assert base64.b64decode(model["00091010"]["InlineBinary"]) == b"a\\b"


def test_implicit_private_elements_get_the_vr_their_creator_is_known_for() -> None:
    model = orjson.loads(to_json(raw((0x00190010, "", b"GEMS_ACQU_01"), (0x00191023, "", b"5.0 "))))

    assert model["00190010"] == {"vr": "LO", "Value": ["GEMS_ACQU_01"]}
    assert model["00191023"] == {"vr": "DS", "Value": [5.0]}


def test_signed_pixels_settle_the_vr_of_pixel_values() -> None:
    signed = raw((0x00280103, "US", b"\1\0"), (0x00280106, "", b"\xff\xff"))
    unsigned = raw((0x00280103, "US", b"\0\0"), (0x00280106, "", b"\xff\xff"))

    assert orjson.loads(to_json(signed))["00280106"] == {"vr": "SS", "Value": [-1]}
    assert orjson.loads(to_json(unsigned))["00280106"] == {"vr": "US", "Value": [65535]}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x00080005, 0x00080060, 0x00100010, 0x00280106, 0x00191023, 0x00190010, 0x00081140]),
            st.sampled_from(["", "UN", "IS", "DS", "US", "PN", "AT", "SQ", "FL", "UT", "OW", "QQ"]),
            st.binary(max_size=60),
        ),
        max_size=6,
    )
)
def test_any_bytes_make_valid_json(values: list[tuple[int, str, bytes]]) -> None:
    orjson.loads(to_json(raw(*values)))


def test_made_datasets_become_json_like_parsed_ones() -> None:
    made = synthetic.ct_slice(rows=8, columns=8)
    parsed = read_header(synthetic.as_bytes(made))
    del made.PixelData

    assert orjson.loads(to_json(made)) == orjson.loads(to_json(parsed))
