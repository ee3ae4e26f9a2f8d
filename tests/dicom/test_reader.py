"""The one parse: from memory, behind the gate, quiet about values."""

import logging
import warnings
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.dicomjson import to_json
from dicomgallery.dicom.elements import charsets
from dicomgallery.dicom.prescan import Flaw, Prescanned, prescan
from dicomgallery.dicom.reader import (
    UnreadableError,
    parse,
    parse_elements,
    parse_frames,
    read_header,
    read_whole,
)


def packaged(name: str) -> Path:
    """Find one of pydicom's own files."""
    return Path(str(get_testdata_file(name, download=False)))


def test_the_header_stops_before_the_pixels_and_the_whole_does_not() -> None:
    header, whole = read_header(packaged("CT_small.dcm")), read_whole(packaged("CT_small.dcm"))

    assert "PixelData" not in header
    assert len(whole.PixelData) == 128 * 128 * 2
    assert header.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_bytes_and_paths_read_alike() -> None:
    file = packaged("MR_small.dcm")

    assert read_header(file) == read_header(file.read_bytes())


def test_a_deflated_file_reads_like_any_other() -> None:
    file = packaged("image_dfl.dcm")

    assert read_header(file).Rows == 512
    assert len(read_whole(file).PixelData) == 512 * 512
    assert read_whole(file).file_meta.TransferSyntaxUID.is_deflated


def test_fragments_without_their_last_delimiter_are_read_whole() -> None:
    data = packaged("SC_rgb_jpeg_dcmtk.dcm").read_bytes()
    assert data.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")

    assert read_whole(data[:-8]).PixelData == read_whole(data).PixelData


def test_padding_after_the_data_set_is_not_parsed() -> None:
    data = packaged("CT_small.dcm").read_bytes()

    assert read_whole(data + b"\0" * 100_000) == read_whole(data)


def test_a_headerless_file_reads_with_an_empty_meta() -> None:
    dataset = read_header(packaged("ExplVR_BigEndNoMeta.dcm"))

    assert not dataset.file_meta
    assert dataset.Modality


def test_what_the_gate_refuses_is_not_parsed() -> None:
    with pytest.raises(UnreadableError) as refused:
        read_header(packaged("rtplan_truncated.dcm"))

    assert refused.value.flaw is Flaw.TRUNCATED


def test_a_file_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        read_header(tmp_path / "gone")


def test_a_caller_that_has_scanned_parses_without_a_second_scan() -> None:
    data = packaged("CT_small.dcm").read_bytes()
    scanned = prescan(data)

    assert isinstance(scanned, Prescanned)
    assert parse(memoryview(data), scanned).Modality == "CT"


def test_pydicom_repeats_no_value_in_warnings_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings(record=True) as said, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        for file in packaged("CT_small.dcm").parent.glob("*.dcm"):
            try:
                str(read_header(file))
            except UnreadableError:
                continue

    assert [str(entry.message) for entry in said] == []
    assert [record for record in caplog.records if record.name.startswith("pydicom")] == []


@pytest.mark.parametrize(
    "name",
    "CT_small MR_small test-SR rtdose liver_1frame reportsi nested_priv_SQ "
    "J2K_pixelrep_mismatch UN_sequence image_dfl waveform_ecg ExplVR_BigEnd".split(),
)
def test_elements_read_from_where_the_gate_saw_them_are_those_of_a_parse(name: str) -> None:
    data = packaged(f"{name}.dcm").read_bytes()

    assert _tells_the_same(data)


def test_sequences_of_undefined_length_are_read_from_where_they_lie() -> None:
    dataset = synthetic.ct_slice()
    dataset.ReferencedStudySequence = [Dataset()]
    dataset.ReferencedStudySequence[0].ReferencedSOPInstanceUID = "1.2.3"
    dataset["ReferencedStudySequence"].is_undefined_length = True

    assert _tells_the_same(synthetic.as_bytes(dataset))


@pytest.mark.long
def test_the_elements_of_every_file_of_the_corpus_are_those_of_a_parse(corpus: list[Path]) -> None:
    told = {path.name: _tells_the_same(path.read_bytes()) for path in corpus if path.stat().st_size < 1 << 20}

    assert {name for name, same in told.items() if not same} == set()


def _tells_the_same(data: bytes) -> bool:
    scanned = prescan(data)
    if not isinstance(scanned, Prescanned):
        return True
    plain, parsed = parse_elements(data, scanned), parse_frames(data, scanned)
    return to_json(plain) == to_json(parsed) and charsets(plain) == charsets(parsed)
