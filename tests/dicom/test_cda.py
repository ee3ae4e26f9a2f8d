"""Clinical documents are read as text, and hostile XML is not opened at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomgallery.dicom import cda
from dicomgallery.dicom.cda import Block, Cell, narrative_of
from tests import documents


def clinical(text: str) -> bytes:
    """A clinical document with one section."""
    return (
        f"<ClinicalDocument><component><section><text>{text}</text></section></component></ClinicalDocument>".encode()
    )


def test_sections_paragraphs_lists_and_tables_are_read_in_order() -> None:
    narrative = narrative_of(documents.CDA)

    assert (narrative.title, narrative.trouble, narrative.left_out) == ("Discharge Summary", "", False)
    assert narrative.blocks == (
        Block("heading", "Reason for stay", level=1),
        Block("paragraph", "Chest pain,\nsince two days."),
        Block("paragraph", "Referred by the [deleted: dentist] family doctor."),
        Block("heading", "Before", level=2),
        Block("paragraph", "Well so far."),
        Block("heading", "Medication", level=1),
        Block("list", entries=((1, "1. Aspirin 100 mg"), (1, "2. Atorvastatin"), (2, "• 20 mg at night"))),
        Block("heading", "Laboratory", level=1),
        Block(
            "table",
            "Blood",
            rows=(
                (Cell("Test", True), Cell("Value", True)),
                (Cell("Troponin", False), Cell("12 ng/L", False)),
                (Cell("Potassium", False), Cell("<b>4.1 mmol/L", False)),
            ),
        ),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("data", [documents.BOMB, b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><ClinicalDocument/>'])
def test_xml_that_declares_entities_is_not_opened(data: bytes, encoding: str) -> None:
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""

    narrative = narrative_of(mark + data.decode().encode(encoding))

    assert narrative.blocks == ()
    assert "declares a document type" in narrative.trouble


def test_an_entity_hidden_in_another_encoding_is_not_expanded() -> None:
    hidden = documents.BOMB.decode().replace('"1.0"', '"1.0" encoding="utf-7"').encode("utf-7")

    assert narrative_of(hidden).title == ""


def test_other_encodings_are_read() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + clinical("Fièvre").decode()

    assert narrative_of(text.encode("latin-1")).blocks == (Block("paragraph", "Fièvre"),)


def test_broken_xml_keeps_what_came_before_it() -> None:
    narrative = narrative_of(clinical("<paragraph>Well.</paragraph>")[:-40])

    assert narrative.blocks == (Block("paragraph", "Well."),)
    assert narrative.trouble == "Its XML is broken here."


def test_other_xml_is_not_taken_for_a_clinical_document() -> None:
    assert narrative_of(b"<svg><text>Hi</text></svg>").trouble == "This XML is no clinical document."


@pytest.mark.parametrize(
    "many", ["<paragraph>x</paragraph>", "<list><item>x</item></list>", "<table><tr><td>x</td></tr></table>"]
)
def test_an_endless_text_is_cut_and_that_is_said(many: str) -> None:
    narrative = narrative_of(clinical(many * (cda.MOST_BLOCKS + 10)))

    assert narrative.left_out
    assert 0 < len(narrative.blocks) <= cda.MOST_BLOCKS


def test_elements_that_lie_too_deep_end_the_reading() -> None:
    assert "deeper" in narrative_of(clinical("<content>" * 5000)).trouble


def test_a_list_in_a_cell_and_a_table_in_a_list_keep_their_text() -> None:
    inside = narrative_of(clinical("<table><tr><td>A<list><item>B</item></list></td></tr></table>"))
    about = narrative_of(clinical("<list><item>A<table><tr><td>B</td></tr></table>C</item></list>"))

    assert inside.blocks == (Block("table", rows=((Cell("A\n• B", False),),)),)
    assert [block.kind for block in about.blocks] == ["list", "table", "list"]


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    assert narrative_of(data).blocks == ()


TAGS = ["paragraph", "list", "item", "table", "tr", "td", "th", "caption", "content", "section", "title", "text", "br"]


@given(st.lists(st.tuples(st.sampled_from(TAGS), st.booleans()), max_size=40))
def test_no_order_of_elements_raises_or_loses_a_word(path: list[tuple[str, bool]]) -> None:
    opened: list[str] = []
    parts: list[str] = []
    for tag, closes in path:
        parts.append("word ")
        if closes and opened:
            parts.append(f"</{opened.pop()}>")
        else:
            parts.append(f"<{tag}>")
            opened.append(tag)
    parts += [f"</{tag}>" for tag in reversed(opened)]

    narrative = narrative_of(clinical("".join(parts)))

    told = " ".join(
        " ".join([block.text, *(text for _, text in block.entries), *(cell.text for row in block.rows for cell in row)])
        for block in narrative.blocks
    )
    assert told.count("word") == len(path)
