"""Whatever stands in metadata, a file comes of it that the gate can judge, or a refusal in words."""

import json
from io import BytesIO
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from dicomgallery.dicom.composing import NotComposedError, compose
from dicomgallery.dicom.models import MalformedError, read_json
from dicomgallery.dicom.native_reading import read_xml
from dicomgallery.dicom.prescan import Flawed, Prescanned, prescan

VRS = "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV XX".split()
LEAVES = (
    st.none()
    | st.text(max_size=20)
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.booleans()
    | st.sampled_from(["NaN", "1e999", "1.2.3", "00100010", "\\", "\x1b$B", "20240230"])
    | st.dictionaries(st.sampled_from(["Alphabetic", "Ideographic", "Phonetic", "x"]), st.text(max_size=8), max_size=3)
)
TAGS = st.from_regex(r"\A[0-9A-F]{8}\Z") | st.sampled_from(
    ["00080005", "00100010", "00280008", "00280103", "00281050", "7FE00010", "7FE00008", "FFFEE000", "00090010", "hi"]
)


def elements(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.lists(LEAVES | inner, max_size=3)
    kinds = st.fixed_dictionaries(
        {"vr": st.sampled_from(VRS)},
        optional={"Value": values | LEAVES, "InlineBinary": st.text(max_size=9) | values, "BulkDataURI": LEAVES},
    )
    return st.dictionaries(TAGS, kinds | LEAVES, max_size=5)


MODELS = st.recursive(elements(st.nothing()), elements, max_leaves=8)
NAMED = {"00080016": {"vr": "UI", "Value": ["1.2"]}, "00080018": {"vr": "UI", "Value": ["1.3"]}}


@given(model=MODELS)
@example(model={"00100010": {"vr": "PN", "Value": ["not a group"]}})
@example(model={"00280010": {"vr": "US", "Value": [1.5]}})
@example(model={"7FE00010": {"vr": "SQ", "Value": [{}]}})
@example(model={"00080005": {"vr": "CS", "Value": ["ISO 2022 IR 87"]}})
def test_a_model_of_any_kind_becomes_a_file_or_is_refused(model: dict[str, Any]) -> None:
    made = BytesIO()
    try:
        compose({**model, **NAMED}, lambda _uri: [], made)
        told = "A file."
    except NotComposedError as refused:
        told = refused.message

    assert told.endswith(".")
    assert isinstance(prescan(made.getvalue()), Prescanned | Flawed)


@given(
    text=st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | MODELS.map(lambda one: json.dumps(one).encode())
)
def test_text_of_any_kind_is_metadata_or_is_refused(text: bytes) -> None:
    for read in (read_json, read_xml):
        try:
            found = read(text)
        except MalformedError as refused:
            found = refused.message
        assert found is not None


@given(inside=st.text(max_size=40), vr=st.sampled_from(VRS), tag=TAGS)
def test_elements_of_any_content_are_read_or_refused(inside: str, vr: str, tag: str) -> None:
    value = inside.replace("&", "").replace("<", "")
    text = f'<NativeDicomModel><DicomAttribute tag="{tag}" vr="{vr}"><Value number="1">{value}</Value></DicomAttribute>'
    try:
        found = list(read_xml(f"{text}</NativeDicomModel>".encode()))
    except MalformedError as refused:
        found = [refused.message]

    assert found == [tag] or found[0].endswith(".")
