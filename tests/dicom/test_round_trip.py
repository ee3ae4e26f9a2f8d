"""Headers as DICOM JSON and back: pydicom reads from ours what stands in the file, bulk data apart (PS3.18 annex F)."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicomgallery.dicom import bulk_paths, dicomjson
from dicomgallery.dicom.dicomjson import BULK
from dicomgallery.dicom.elements import BINARY_VRS
from dicomgallery.dicom.leaves import leaves
from dicomgallery.dicom.prescan import Prescanned, prescan
from dicomgallery.dicom.reader import PYDICOM_TROUBLE, UnreadableError, behind_pixels, parse_frames, pixels_in

PACKAGED = (
    "CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "test-SR.dcm", "rtplan.dcm",
    "rtstruct.dcm", "rtdose.dcm", "waveform_ecg.dcm", "image_dfl.dcm", "JPEG2000.dcm", "reportsi.dcm",
    "nested_priv_SQ.dcm", "liver_1frame.dcm", "UN_sequence.dcm", "priv_SQ.dcm",
    "ExplVR_BigEnd.dcm", "ExplVR_LitEndNoMeta.dcm", "examples_palette.dcm",
    "../charset_files/chrH31.dcm", "../charset_files/chrX1.dcm", "../charset_files/chrArab.dcm",
    "../charset_files/chrSQEncoding.dcm", "../charset_files/chrKoreanMulti.dcm",
)  # fmt: skip


def sent(path: Path) -> tuple[bytes, Dataset] | None:
    """The JSON of a file's header and what the gallery's reader takes from it; None when it may not be read."""
    data = path.read_bytes()
    scanned = prescan(data)
    if not isinstance(scanned, Prescanned):
        return None
    try:
        dataset = parse_frames(data, scanned)
        return dicomjson.to_json(dataset, pixels_in(data, scanned), behind_pixels(data, scanned)), dataset
    except UnreadableError:
        return None


def differences(path: Path) -> Iterator[str]:
    """What pydicom reads otherwise from our JSON than from the file."""
    made = sent(path)
    if made is None:
        return
    json, _ = made
    asked: list[str] = []

    def bulk(tag: str, vr: str, uri: str) -> None:
        asked.append(uri)

    original = dcmread(path, force=True)
    try:
        back = Dataset.from_json(json.decode(), bulk_data_uri_handler=bulk)
    except ValueError:
        if not has_no_numbers(orjson.loads(json)):
            yield "pydicom does not take it"
        return
    yield from compared(original, back, signed=False)
    model = orjson.loads(json)
    for uri in asked:
        place = bulk_paths.parse(uri.removeprefix(BULK))
        if place is None or uri != BULK + bulk_paths.written(place):
            yield f"{uri} leads nowhere"
    if list(model) != sorted(model):
        yield "the tags are not in order"


def has_no_numbers(model: dict[str, Any]) -> bool:
    """Say whether a number of the file is none; it is sent as it stands (PS3.18 F.2.3)."""
    values = [value for element in model.values() if element["vr"] == "IS" for value in element.get("Value", ())]
    return any(isinstance(value, str) for value in values)


def compared(original: Dataset, back: Dataset, *, signed: bool) -> Iterator[str]:
    told = {leaf.tag: leaf.vr for leaf in leaves(original, signed=signed)}
    for tag in sorted(original.keys()):
        if tag >> 16 <= 2:
            continue
        name = f"{tag:08X}"
        if tag not in back:
            yield f"{name} is missing"
            continue
        try:
            here = original[tag]
        except PYDICOM_TROUBLE:
            continue
        there = back[tag]
        if there.VR == "SQ" and here.VR == "SQ":
            if len(here.value) != len(there.value):
                yield f"{name} has {len(there.value)} items"
            for one, other in zip(here.value, there.value, strict=False):
                yield from (f"{name}/{text}" for text in compared(one, other, signed=signed))
        elif not same(here, there):
            yield f"{name} {here.VR} {here.value!r:.80} is {there.VR} {there.value!r:.80} ({told.get(int(tag))})"


def same(here: DataElement, there: DataElement) -> bool:
    if here.VR in BINARY_VRS or there.VR in BINARY_VRS:
        return True
    return [plain(part) for part in parts(here.value)] == [plain(part) for part in parts(there.value)]


def parts(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, MultiValue | list | tuple) else [value]


def plain(part: Any) -> Any:
    if isinstance(part, float):
        return "nan" if math.isnan(part) else float(part)
    if isinstance(part, str) or not isinstance(part, int):
        return str(part if part is not None else "").strip(" \0")
    return part


@pytest.mark.parametrize("name", PACKAGED)
def test_pydicom_reads_from_our_json_what_the_file_says(name: str) -> None:
    found = get_testdata_file(name, download=False)
    assert found, name

    assert list(differences(Path(str(found)))) == []


def test_files_of_the_corpus_come_back_as_they_went(corpus: list[Path]) -> None:
    assert wrong_of(corpus[::6]) == {}


@pytest.mark.long
def test_every_file_of_the_corpus_comes_back_as_it_went(corpus: list[Path]) -> None:
    assert wrong_of(corpus) == {}


def wrong_of(files: list[Path]) -> dict[str, list[str]]:
    return {path.name: found for path in files if (found := list(differences(path))[:3])}
