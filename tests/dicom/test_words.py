"""What `Keyword=value` finds."""

from pathlib import Path

from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.dicomjson import to_json
from dicomgallery.dicom.reader import read_header
from dicomgallery.dicom.words import MOST_TOKENS, tokens_for, words_of, words_of_json


def found(dataset: Dataset, keyword: str, text: str) -> bool:
    """Say whether a search finds a dataset."""
    tokens = tokens_for(keyword, text)
    return bool(tokens) and set(tokens) <= words_of(dataset)


def test_a_query_is_split_into_words_under_its_keyword() -> None:
    assert tokens_for("PatientName", "Yamada Tarou") == ["patientname:yamada", "patientname:tarou"]
    assert tokens_for("patientname", "MÜLLER^Jörg") == ["patientname:muller", "patientname:jorg"]
    assert tokens_for("SOPInstanceUID", "1.2.3") == ["sopinstanceuid:1.2.3"]
    assert tokens_for("PatientName", "   ") == []
    assert tokens_for("", "x") == []


def test_names_are_found_by_every_group() -> None:
    dataset = read_header(Path(str(get_testdata_file("../charset_files/chrH31.dcm", download=False))))

    assert found(dataset, "PatientName", "yamada")
    assert found(dataset, "PatientName", "山田")
    assert found(dataset, "PatientName", "たろう")
    assert not found(dataset, "PatientName", "suzuki")


def test_a_run_of_ideographs_is_one_word() -> None:
    dataset = Dataset()
    dataset.set_original_encoding(False, True, ["utf-8"])
    dataset.StudyDescription = "胸部CT検査 plain"

    assert found(dataset, "StudyDescription", "胸部CT検査")
    assert not found(dataset, "StudyDescription", "胸部")


def test_numbers_are_found_however_they_are_written() -> None:
    dataset = synthetic.ct_slice(rows=8, columns=8)

    assert found(dataset, "KVP", "120.0")
    assert found(dataset, "SliceThickness", "2.50")
    assert found(dataset, "Rows", "8")
    assert not found(dataset, "Rows", "80")


def test_classes_are_found_by_name_and_uid() -> None:
    dataset = synthetic.ct_slice(rows=8, columns=8)

    assert found(dataset, "SOPClassUID", "CT image")
    assert found(dataset, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.2")


def test_nested_elements_are_found_under_their_own_keyword() -> None:
    assert found(synthetic.basic_report("Small effusion."), "TextValue", "effusion")


def test_prose_and_binary_are_left_out_and_numbers_of_tokens_capped() -> None:
    dataset = Dataset()
    dataset.PatientComments = "word " * 100
    dataset.ImageComments = "short"
    dataset.PixelData = b"CT"
    inner = []
    for number in range(3000):
        item = Dataset()
        item.CodeValue = f"T{number}"
        inner.append(item)
    dataset.AnatomicRegionSequence = inner

    words = words_of(dataset)

    assert len(words) == MOST_TOKENS
    assert "imagecomments:short" in words
    assert not any(word.startswith(("patientcomments", "pixeldata")) for word in words)
    assert all(len(word) <= 80 for word in words)


def test_the_stored_json_has_the_same_words_as_the_file() -> None:
    for file in Path(str(get_testdata_file("CT_small.dcm", download=False))).parent.glob("[CMrt]*.dcm"):
        if "truncated" in file.name:
            continue
        dataset = read_header(file)
        assert words_of_json(to_json(dataset)) == words_of(dataset)
    assert words_of_json(b"no json") == words_of_json(b"[]") == frozenset()
