"""Names in every script: decoded, shown, searched and stored as they are meant (PS3.3 C.12.1.1.2, PS3.5 6.1)."""

from pathlib import Path

import orjson
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from dicomgallery.dicom import synthetic
from dicomgallery.dicom.attributes import rows
from dicomgallery.dicom.dicomjson import to_json
from dicomgallery.dicom.facts import facts_of
from dicomgallery.dicom.reader import read_header
from dicomgallery.dicom.values import fold, person_name
from dicomgallery.dicom.words import tokens_for, words_of

PACKAGED = [
    ("chrArab.dcm", "قباني^لنزار", "قباني لنزار"),
    ("chrFren.dcm", "Buc^Jérôme", "Buc Jérôme"),
    ("chrFrenMulti.dcm", "Buc^Jérôme", "Buc Jérôme"),
    ("chrGerm.dcm", "Äneas^Rüdiger", "Äneas Rüdiger"),
    ("chrGreek.dcm", "Διονυσιος", "Διονυσιος"),
    ("chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada Tarou (山田 太郎)"),
    ("chrH32.dcm", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう", "ﾔﾏﾀﾞ ﾀﾛｳ (山田 太郎)"),
    ("chrHbrw.dcm", "שרון^דבורה", "שרון דבורה"),
    ("chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동", "Hong Gildong (洪 吉洞)"),
    ("chrKoreanMulti.dcm", "김희중", "김희중"),
    ("chrJapMulti.dcm", "やまだ^たろう", "やまだ たろう"),
    ("chrRuss.dcm", "Люкceмбypг", "Люкceмбypг"),
    ("chrX1.dcm", "Wang^XiaoDong=王^小東", "Wang XiaoDong (王 小東)"),
    ("chrX2.dcm", "Wang^XiaoDong=王^小东", "Wang XiaoDong (王 小东)"),
]

MADE = [
    ("ISO_IR 192", "utf-8", "Hàn^Quốc=한^국"),
    ("GB18030", "gb18030", "Zhang^Wei=张^伟"),
    ("GBK", "gbk", "Li^Na=李^娜"),
    ("ISO_IR 144", "iso8859_5", "Иванов^Иван"),
    ("ISO_IR 126", "iso8859_7", "Παπαδόπουλος^Νίκος"),
    ("ISO_IR 127", "iso8859_6", "محمد^علي"),
    ("ISO_IR 138", "iso8859_8", "כהן^משה"),
    ("ISO_IR 148", "iso8859_9", "Öztürk^Ayşe"),
    ("ISO_IR 101", "iso8859_2", "Dvořák^Jiří"),
    ("ISO_IR 166", "tis_620", "สมชาย^ใจดี"),
    ("ISO_IR 13", "shift_jis", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
]


def named(charset: str, encoding: str, name: str) -> bytes:
    """Write a file whose patient's name stands there in one encoding."""
    dataset = synthetic.secondary_capture(2, 2)
    dataset.SpecificCharacterSet = charset
    dataset.PatientName = "REPLACED" + "x" * 40
    data = synthetic.as_bytes(dataset)
    encoded = name.encode(encoding)
    return data.replace(b"REPLACED" + b"x" * 40, encoded.ljust(48))


def agrees(dataset: Dataset, name: str) -> None:
    """Demand the same name from facts, JSON, table and search."""
    assert facts_of(dataset, transfer_syntax="").patient.name == name
    model = orjson.loads(to_json(dataset))["00100010"]["Value"][0]
    assert "=".join(model.values()) == name
    (row,) = [row for row in rows(dataset) if row.keyword == "PatientName"]
    assert row.value == person_name(name)
    for word in fold(name).split():
        assert set(tokens_for("PatientName", word)) <= words_of(dataset)


@pytest.mark.parametrize(("file", "name", "shown"), PACKAGED, ids=[row[0] for row in PACKAGED])
def test_packaged_files_read_right(file: str, name: str, shown: str) -> None:
    dataset = read_header(Path(str(get_testdata_file(f"../charset_files/{file}", download=False))))

    agrees(dataset, name)
    assert person_name(name) == shown


@pytest.mark.parametrize(("charset", "encoding", "name"), MADE, ids=[row[0] for row in MADE])
def test_made_files_read_right(charset: str, encoding: str, name: str) -> None:
    agrees(read_header(named(charset, encoding, name)), name)


def test_a_backslash_byte_inside_a_character_splits_no_name() -> None:
    # In Shift JIS the second byte of 表 is 5C.
    dataset = read_header(named("ISO_IR 13", "shift_jis", "Hyou=表^一"))

    assert facts_of(dataset, transfer_syntax="").patient.name == "Hyou=表^一"


def test_items_may_have_a_character_set_of_their_own() -> None:
    dataset = read_header(Path(str(get_testdata_file("../charset_files/chrSQEncoding.dcm", download=False))))

    names = [row.value for row in rows(dataset) if row.vr == "PN" and row.depth]
    assert names == ["ﾔﾏﾀﾞ ﾀﾛｳ (山田 太郎)"]


@pytest.mark.parametrize("charset", ["ISO_IR 999", "", "\\", "ISO 2022 IR 87\\ISO 2022 IR 999", "NOT A CHARSET"])
def test_an_unknown_character_set_breaks_nothing(charset: str) -> None:
    dataset = read_header(named(charset, "latin-1", "Müller^Jörg"))

    assert facts_of(dataset, transfer_syntax="").patient.name.startswith("M")
    orjson.loads(to_json(dataset))


def test_bytes_that_the_character_set_forbids_are_replaced_not_refused() -> None:
    dataset = read_header(named("ISO_IR 192", "latin-1", "Müller^Jörg"))

    name = facts_of(dataset, transfer_syntax="").patient.name
    assert name.startswith("M")
    assert name.encode("utf-8")
