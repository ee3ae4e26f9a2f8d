"""The words a header can be found by: "keyword:word", folded, one for each word of each value."""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import orjson
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from dicomgallery.dicom.leaves import leaves
from dicomgallery.dicom.structure import dictionary_vr, keyword_of
from dicomgallery.dicom.uids import name_of
from dicomgallery.dicom.values import fold

MOST_TOKENS: Final = 1000
LONGEST_TOKEN: Final = 80
LONGEST_TEXT: Final = 200
"""Longer texts are prose, not something a person searches for by tag."""
MOST_VALUES: Final = 16
"""Longer lists are curves and tables."""
_DEEPEST: Final = 32
_EARLIER_VALUES: Final = 0x04000561
"""Original Attributes Sequence: what an element was before somebody changed it is not what the file is found by."""
_NUMERIC: Final = frozenset({"DS", "IS", "FL", "FD", "US", "SS", "UL", "SL", "UV", "SV"})
_ASCII_WORD: Final = re.compile(r"[a-z0-9.+_-]+")

Node = tuple[int, str, Sequence[Any]]
"""An element: tag, VR, and its values or items."""


def words_of(dataset: Dataset) -> frozenset[str]:
    """Return the tokens of a dataset, nested elements under their own keyword; at most 1000, top level first."""
    return _gathered(dataset, _nodes_of_dataset)


def words_of_json(written: bytes) -> frozenset[str]:
    """Return the same tokens from a header's DICOM JSON; none when it is no JSON object."""
    try:
        model = orjson.loads(written)
    except orjson.JSONDecodeError:
        return frozenset()
    return _gathered(model, _nodes_of_model) if isinstance(model, dict) else frozenset()


def tokens_for(keyword: str, text: str) -> list[str]:
    """Return the tokens that a search for `keyword` = `text` must all find, in the order of the words."""
    name = keyword.strip()
    tag = tag_for_keyword(name)
    numeric = tag is not None and dictionary_vr(tag).split(" ")[0] in _NUMERIC
    words = (_plain_number(word) if numeric else word for word in _words(text))
    return list(dict.fromkeys(_token(name.casefold(), word) for word in words)) if name else []


def _gathered(top: Any, nodes: Any) -> frozenset[str]:
    found: dict[str, None] = {}
    level = [top]
    for _ in range(_DEEPEST + 1):
        below: list[Any] = []
        for item in level:
            for tag, vr, values in nodes(item):
                if vr == "SQ":
                    below += values if tag != _EARLIER_VALUES else ()
                else:
                    found.update(dict.fromkeys(_tokens(tag, vr, values)))
            if len(found) >= MOST_TOKENS:
                return frozenset(list(found)[:MOST_TOKENS])
        level = below
    return frozenset(found)


def _nodes_of_dataset(dataset: Dataset) -> Iterator[Node]:
    for tag, vr, value in leaves(dataset):
        if not isinstance(value, bytes):
            yield tag, vr, value


def _nodes_of_model(model: Any) -> Iterator[Node]:
    for written, element in model.items():
        values = [value for value in element.get("Value", ()) if value is not None]
        vr = element.get("vr", "UN")
        if vr == "PN":
            values = ["=".join(value.values()) for value in values]
        yield int(written, 16), vr, values


def _tokens(tag: int, vr: str, values: Iterable[Any]) -> Iterator[str]:
    values = list(values)
    keyword = keyword_of(tag).casefold() if 0 < len(values) <= MOST_VALUES else ""
    if not keyword:
        return
    for part in values:
        text = f"{part:08x}" if vr == "AT" and isinstance(part, int) else str(part)
        if len(text) > LONGEST_TEXT:
            continue
        if vr in _NUMERIC:
            yield _token(keyword, _plain_number(text))
            continue
        if vr == "UI" and (name := name_of(text)) != text:
            yield from (_token(keyword, word) for word in _words(name))
        yield from (_token(keyword, word) for word in _words(text))


def _token(keyword: str, word: str) -> str:
    return f"{keyword}:{word}"[:LONGEST_TOKEN]


def _plain_number(text: str) -> str:
    """Write a number one way, so that 2.50 finds 2.5; what is no number is folded."""
    try:
        number = float(text)
    except ValueError:
        return fold(text)
    if not math.isfinite(number):
        return str(number)
    return str(int(number)) if number == int(number) and abs(number) < 2**53 else repr(number)


def _words(text: str) -> Iterator[str]:
    """Split folded text where it is neither letter, digit nor a sign inside a number or UID; a CJK run stays whole."""
    folded = fold(text)
    if folded.isascii():
        for found in _ASCII_WORD.findall(folded):
            yield from _trimmed(found)
        return
    word = ""
    for char in folded:
        if char.isalnum() or char in ".-+_" or (word and _combines(char)):
            word += char
        elif word:
            yield from _trimmed(word)
            word = ""
    if word:
        yield from _trimmed(word)


def _trimmed(word: str) -> Iterator[str]:
    """Take off punctuation around a word; a minus before a number means something."""
    if word.isalnum():
        yield word
        return
    bare = word.strip("._+").rstrip("-")
    if not (bare[:1] == "-" and bare[1:2].isdigit()):
        bare = bare.lstrip("-")
    if bare:
        yield bare


def _combines(char: str) -> bool:
    """Say whether a sign belongs to the letter before it: vowel points, kana voicing."""
    return unicodedata.category(char)[0] == "M"
