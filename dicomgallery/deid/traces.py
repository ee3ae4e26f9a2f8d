"""What identifies somebody in an object, as bytes that must not be found again where identity was removed."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset

from dicomgallery.deid.fates import Fate, Judge, Path, by_table
from dicomgallery.deid.vocabulary import is_common
from dicomgallery.dicom import elements
from dicomgallery.dicom.leaves import Leaf, leaves, pixels_signed

MOST_NEEDLES: Final = 20_000
_DEEPEST: Final = 32
_OF_OTHER_SCRIPTS: Final = {"shift_jis", "euc_jp", "gb18030", "euc_kr", "big5", "koi8_r"}
"""What programs write names in, whatever they say of their character set."""
_MOST_DATES: Final = 64
_LONGEST: Final = 64
"""Characters of a value that are searched for; who has these has it."""
_LONGEST_TEXT_IN_BYTES: Final = 1024
_WELL_KNOWN_UIDS: Final = "1.2.840.10008."
_TEXT_VRS: Final = frozenset({"AE", "AS", "CS", "DS", "IS", "LO", "LT", "SH", "ST", "UC", "UR", "UT", "UN", "OB"})
_PRINTABLE: Final = re.compile(rb"[ -~]{5,}")
_PARTS: Final = re.compile(r"[^\s^=,;/\\.&()\[\]\0]+")
_CODE: Final = re.compile(r"(?<![\w@.+/-])(?!\d{1,3}\.\d{1,4}(?![\w@.+/-]))(?=(?:[^\W\d]*[@.+/-]*\d){3})[\w@.+/-]{6,}")
"""Words of free text with three digits and more: telephone numbers, identifiers; a measure is none."""
_PERSONAL: Final = (
    "PatientID",
    "PatientIDs",
    "AccessionNumber",
    "ID",
    "IDs",
    "IDNumber",
    "RecordLocator",
    "OrderNumber",
)
_PLACES: Final = ("Institution", "Address", "Telephone", "Location", "Residence", "Organization", "Contact")
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_FULL_MONTHS: Final = "January February March April May June July August September October November December".split()


class Kind(StrEnum):
    """What a value says of somebody; the most telling first."""

    NAME = "name"
    IDENTIFIER = "identifier"
    UID = "UID"
    DATE = "date"
    TIME = "time"
    PLACE = "place"
    TEXT = "text"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Needle:
    """A value to search for, and where it was; never written to a log."""

    kind: Kind
    tag: int
    whole_word: bool = False
    """It counts only where no letter or digit touches it."""
    in_text_only: bool = False
    """It is so short that it counts only in the text of an element."""


@dataclass(frozen=True, slots=True)
class Traces:
    """All that identifies in one object."""

    needles: dict[bytes, Needle] = field(repr=False)
    values: dict[Path, tuple[Kind, object]] = field(repr=False)
    """What must not stand again at the same path."""
    retained: dict[Path, object] = field(repr=False)
    """What an option keeps."""
    left_out: int = 0
    """Values that are too many to be searched for."""


def traces_of(
    dataset: Dataset, judge: Judge | None = None, *, harmless: Collection[str] = (), names: Iterable[str] = ()
) -> Traces:
    """Collect what identifies in a header with its meta information; never raises because of a value.

    `harmless` are values that removal itself writes. `names` are words to search for besides, such as of the file.
    """
    return _Collector(judge or by_table(), harmless).collected(dataset, names)


def kind_of(tag: int, vr: str) -> Kind:
    """What the value of an element says of somebody."""
    by_vr = {"PN": Kind.NAME, "UI": Kind.UID, "DA": Kind.DATE, "DT": Kind.DATE, "TM": Kind.TIME}
    if vr in by_vr:
        return by_vr[vr]
    return _kind_of_tag(tag) if vr in _TEXT_VRS else Kind.VALUE


@lru_cache(maxsize=4096)
def _kind_of_tag(tag: int) -> Kind:
    keyword = keyword_for_tag(tag)
    if keyword.endswith(_PERSONAL):
        return Kind.IDENTIFIER
    if any(word in keyword for word in _PLACES):
        return Kind.PLACE
    return Kind.TEXT


def walk(dataset: Dataset, path: Path = (), *, signed: bool = False) -> Iterator[tuple[Path, Leaf, Sequence[str]]]:
    """Every element at any depth with its path and its encodings, those of meta information first."""
    if not path and (meta := getattr(dataset, "file_meta", None)) is not None:
        yield from walk(meta, path, signed=signed)
    signed = pixels_signed(dataset, signed=signed)
    encodings = elements.charsets(dataset)
    for leaf in leaves(dataset, signed=signed):
        here = (*path, leaf.tag)
        if leaf.vr != "SQ":
            yield here, leaf, encodings
        elif len(path) < 2 * _DEEPEST:
            for number, item in enumerate(leaf.value):
                if isinstance(item, Dataset):
                    yield from walk(item, (*here, number), signed=signed)


def texts_in(leaf: Leaf) -> tuple[str, ...]:
    """The texts of an element; bytes that read as text are one."""
    if isinstance(leaf.value, bytes):
        held = leaf.value.rstrip(b"\0 ")
        is_text = 0 < len(held) <= _LONGEST_TEXT_IN_BYTES and held.isascii() and held.decode("ascii").isprintable()
        return (held.decode("ascii"),) if is_text else ()
    return tuple(part for part in leaf.value if isinstance(part, str))


def comparable(leaf: Leaf) -> object:
    """A value as it is compared, long bytes as their hash; None when it says nothing."""
    value = leaf.value
    if isinstance(value, bytes):
        return hash(value) if value.strip(b"\0 ") else None
    parts = tuple(part.strip() if isinstance(part, str) else part for part in value)
    return parts if any(part not in ("", 0) for part in parts) else None


class _Collector:
    """Gathers needles; what stays in the object for all to see is no needle where it is a mere text."""

    def __init__(self, judge: Judge, harmless: Collection[str]) -> None:
        self._judge = judge
        self._harmless = {value.strip().lower() for value in harmless} | {""}
        self._needles: dict[bytes, Needle] = {}
        self._texts: list[tuple[str, Needle, Sequence[str]]] = []
        self._plain: set[str] = set()
        self._values: dict[Path, tuple[Kind, object]] = {}
        self._retained: dict[Path, object] = {}
        self._dates: set[str] = set()

    def collected(self, dataset: Dataset, names: Iterable[str]) -> Traces:
        for path, leaf, encodings in walk(dataset):
            self._take(path, leaf, encodings)
        for run in _PRINTABLE.findall(getattr(dataset, "preamble", None) or b""):
            self._text(run.decode("ascii").strip(), 0, Kind.TEXT, (), whole=True)
        for name in names:
            self._name(name, 0, ())
        stated = "\n".join(self._plain)
        for text, needle, encodings in self._texts:
            if text.lower() not in stated:
                self._add(text, needle, encodings)
        kept = dict(sorted(self._needles.items(), key=lambda each: list(Kind).index(each[1].kind))[:MOST_NEEDLES])
        return Traces(kept, self._values, self._retained, len(self._needles) - len(kept))

    def _take(self, path: Path, leaf: Leaf, encodings: Sequence[str]) -> None:
        fate, kind = self._judge(path, leaf.vr), kind_of(path[-1], leaf.vr)
        if fate is Fate.PLAIN:
            self._plain.update(text.lower() for text in texts_in(leaf))
            return
        value = comparable(leaf)
        if value is None:
            return
        if fate is Fate.RETAINED:
            self._retained[path] = value
            self._plain.update(text.lower() for text in texts_in(leaf))
            return
        texts = tuple(text.strip() for text in texts_in(leaf))
        if all(text.lower() in self._harmless for text in texts) and texts:
            return
        if fate is Fate.GONE:
            self._values[path] = kind, value
        for text in texts:
            if text.lower() not in self._harmless:
                self._text(text, path[-1], kind, encodings, whole=fate is Fate.GONE)

    def _text(self, text: str, tag: int, kind: Kind, encodings: Sequence[str], *, whole: bool) -> None:
        if kind is Kind.NAME:
            self._name(text, tag, encodings)
        elif kind is Kind.UID:
            if not text.startswith(_WELL_KNOWN_UIDS) and len(text) >= 8:
                self._add(text, Needle(kind, tag, whole_word=len(text) < 20))
        elif kind is Kind.DATE:
            self._date(text, tag)
        elif kind is Kind.TIME:
            if len(text) >= 9:
                self._add(text, Needle(kind, tag, whole_word=True))
        elif kind is Kind.IDENTIFIER and _is_telling(text):
            self._add(text, Needle(kind, tag, whole_word=len(text) < 8), encodings)
        elif kind is not Kind.VALUE:
            if whole and len(text) >= 6 and not is_common(text) and _is_telling(text):
                self._texts.append((text[:_LONGEST], Needle(kind, tag, whole_word=True), encodings))
            if kind is not Kind.IDENTIFIER and len(text) > 12:
                for code in _CODE.findall(text[:4096]):
                    self._texts.append((code, Needle(kind, tag, whole_word=True), encodings))

    def _name(self, text: str, tag: int, encodings: Sequence[str]) -> None:
        for group in text[:_LONGEST].split("="):
            parts = [part for part in re.split(r"[\s^,]+", group) if part]
            # A name of common words, such as White, is known by its parts standing together.
            if any(is_common(part) for part in parts) and not all(is_common(part) for part in parts):
                for pair in (parts[:2], parts[1::-1]):
                    for sign in ("^", " ", ", ", ",", "_"):
                        self._add(sign.join(pair), Needle(Kind.NAME, tag, whole_word=True), encodings)
        for part in _PARTS.findall(text[:4096]):
            if part.lower() in self._harmless or is_common(part) or part.isdigit():
                continue
            if not part.isascii():
                self._add(part, Needle(Kind.NAME, tag), encodings)
            elif len(part) >= 3:
                needle = Needle(Kind.NAME, tag, whole_word=len(part) < 6, in_text_only=len(part) < 4)
                self._add(part, needle, encodings)

    def _date(self, text: str, tag: int) -> None:
        day = text[:8]
        if day in self._harmless or not day.isdigit() or len(day) < 8 or len(self._dates) >= _MOST_DATES:
            return
        try:
            found = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        except ValueError:
            return
        if found.year < 1850 or day in self._dates:
            return
        self._dates.add(day)
        for written in _written(found):
            self._add(written, Needle(Kind.DATE, tag, whole_word=True), wide=written == day)

    def _add(self, text: str, needle: Needle, encodings: Sequence[str] = (), *, wide: bool = True) -> None:
        # Bytes are made small before they are searched, as these are: ASCII letters alone change.
        forms = {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
        wanted = {"utf-8", "latin-1", *encodings, *(("utf-16-le", "utf-16-be") if wide else ())}
        if needle.kind is Kind.NAME and len(text) > 1 and not text.isascii():
            wanted |= _OF_OTHER_SCRIPTS
        for form in forms:
            for encoding in wanted:
                try:
                    held = form.encode(encoding).lower()
                except (UnicodeError, LookupError):
                    continue
                if len(held) >= 3:
                    self._needles.setdefault(held, needle)


def _is_telling(text: str) -> bool:
    """Whether a value is so long and so mixed that it is not found by chance."""
    least = 6 if text.isdigit() else 4
    return len(text) >= least and len(set(text)) > 2


def _written(day: date) -> Iterator[str]:
    """How people and programs write a date."""
    year, month, number = f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"
    yield year + month + number
    for sign in "-./":
        yield f"{year}{sign}{month}{sign}{number}"
        yield f"{number}{sign}{month}{sign}{year}"
        yield f"{month}{sign}{number}{sign}{year}"
    for sign in "- ":
        yield f"{number}{sign}{_MONTHS[day.month - 1]}{sign}{year}"
    yield f"{_FULL_MONTHS[day.month - 1]} {day.day}, {year}"
