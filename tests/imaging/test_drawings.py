"""Placeholders are drawings that carry any text safely."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomgallery.imaging.drawings import Glyph, glyph_of, placeholder_svg, wrapped

SVG = "{http://www.w3.org/2000/svg}"


@given(st.text(), st.text(), st.text(), st.sampled_from(Glyph))
def test_any_text_makes_an_svg_that_parses_and_runs_nothing(
    title: str, sentence: str, label: str, glyph: Glyph
) -> None:
    root = ET.fromstring(placeholder_svg(title, sentence, label=label, glyph=glyph))

    allowed = {f"{SVG}{name}" for name in ("svg", "title", "rect", "g", "path", "text")}
    assert {element.tag for element in root.iter()} <= allowed
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name or name in ("style", "class")]


def test_a_script_in_the_text_is_text() -> None:
    drawn = placeholder_svg("<script>alert(1)</script>", '"&"', label="<b>")

    assert b"<script" not in drawn
    assert b"&lt;script&gt;" in drawn


def test_the_sentence_is_there_to_be_read_and_heard() -> None:
    root = ET.fromstring(placeholder_svg("No picture", "Its pixels are not in the file."))

    assert root.findtext(f"{SVG}title") == "No picture. Its pixels are not in the file."
    assert "Its pixels are not in the file." in [element.text for element in root.iter(f"{SVG}text")]


@given(st.text(min_size=1), st.integers(4, 40), st.integers(1, 5))
def test_lines_stay_within_their_room(text: str, units: int, lines: int) -> None:
    broken = wrapped(text, units, lines)

    assert len(broken) <= lines
    assert all(len(line) <= units for line in broken)


def test_text_without_spaces_is_broken_too_and_wide_letters_count_twice() -> None:
    assert wrapped("この画像は表示できません", 10, 3) == ["この画像は", "表示できま", "せん"]
    assert wrapped("abcdefghij", 4, 2) == ["abcd", "efg…"]


@pytest.mark.parametrize(
    ("kind", "glyph"),
    [
        ("report", Glyph.REPORT),
        ("document", Glyph.DOCUMENT),
        ("waveform", Glyph.WAVEFORM),
        ("structure", Glyph.STRUCTURE),
        ("plan", Glyph.PLAN),
        ("presentation", Glyph.PRESENTATION),
        ("treatment", Glyph.TREATMENT),
        ("directory", Glyph.DIRECTORY),
        ("segmentation", Glyph.SEGMENTATION),
        ("other", Glyph.DATA),
    ],
)
def test_each_kind_has_its_glyph(kind: str, glyph: Glyph) -> None:
    assert glyph_of(kind) is glyph
