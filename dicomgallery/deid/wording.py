"""Which words say something of medicine or technique and so name nobody; everything else in free text goes."""

import gzip
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydicom._dicom_dict import DicomDictionary

_CONCEPTS: Final = Path(__file__).parent / "data" / "concept_meanings.txt.gz"
"""Written by tools/concept_meanings.py: pydicom's own module takes 15 MB of every process that imports it."""
_WORD: Final = re.compile(rb"[a-z]{2,}")
_TOKEN: Final = re.compile(rb"[^\s,;()\[\]\"!?/\\]+")
_EDGES: Final = b".:'-_*#=<>|^&+"
_NUMBER: Final = re.compile(rb"[+-]?\d{1,3}(?:\.\d{1,4})?(?:%|mm|cm|ml|mg|kv|ma|mhz|hz|ms|s|t|g|d|x)?")
_RATIO: Final = re.compile(rb"\d{1,2}(?:\.\d{1,4})?:\d{1,2}(?:\.\d{1,4})?")
_DIGITS_APART: Final = re.compile(rb"(?<![\w.])[+(]*(?=(?:[ ()./-]*\d){6})\d{1,4}(?:[ ()./-]{1,3}\d{1,4})+(?![\w.])")
"""Six digits and more in groups, as telephone numbers, identifiers and days are written."""
_ADDRESS: Final = re.compile(rb"(?<![\w.])(?:(?:Dr|Prof|Mrs)[.] ?[A-Z]|[Bb]orn\b|DOB\b)|[A-Za-z]{2}\^|\w@\w")
_PARTS: Final = re.compile(rb"[-_.+:']")
_TITLES: Final = frozenset(b"dr doctor prof professor mr mrs ms miss nurse sister patient name by".split())
_MORE: Final = b"""
    ct mr mri us dx cr mg pet spect xa rf nm ap pa lat lao rao axial sagittal coronal oblique chest head neck abdomen
    pelvis spine brain thorax knee hip foot hand with without and or of the in on at to for no not from is are was were
    be shows seen normal abnormal nodule nodules mass lesion contrast native post pre routine protocol scan study
    series image images slice slices soft tissue lung bone window kernel recon reconstruction thin thick delayed
    arterial venous portal phase left right upper lower middle anterior posterior t1 t2 t1w t2w flair dwi adc tse fse
    gre epi stir localizer scout survey topogram mip mpr mean average annotation annot findings impression
    follow up screening biopsy report summary test phantom water
"""
# Surnames first, words of medicine second.
_NAMES: Final = frozenset(
    b"brown white black green gray grey young long short ward wood woods hill stone bush rose may grant cook baker "
    b"mark marks frank wells banks west hunter king bishop price bell bird fox wolf lamb fish cannon carter mason "
    b"graham wilson smith jones james martin thomas paul john peter anna maria rich field fields brook brooks "
    b"barber butler miller taylor walker parker potter turner fisher ford lane page park parks pope reed sharp "
    b"small strong swift waters weber winter wise worth knight marsh moss nash noble pearl reid rice".split()
)


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[bytes]:
    """Lower-case words of the standard's names and of the concepts that it uses (PS3.6, PS3.16)."""
    names = " ".join(entry[2] for entry in DicomDictionary.values()).lower().encode("ascii", "ignore")
    words = {*_WORD.findall(names), *_WORD.findall(_concepts())}
    return frozenset(words - _NAMES | set(_MORE.split()))


@lru_cache(maxsize=1)
def _meanings() -> frozenset[bytes]:
    return frozenset(_concepts().split(b"\n"))


def _concepts() -> bytes:
    """The meanings of the standard's concepts in lower case, one a line."""
    return gzip.decompress(_CONCEPTS.read_bytes())


def is_meaning(text: bytes) -> bool:
    """Say whether a text is, word for word, the meaning of a concept that the standard uses."""
    return text.lower() in _meanings()


def addresses_somebody(text: bytes) -> bool:
    """Say whether a text has a person's title, the form of a name in DICOM, or an address of electronic mail."""
    return _ADDRESS.search(text) is not None


def words_in(text: bytes) -> frozenset[bytes]:
    """The words of a text, in lower case."""
    return frozenset(token.strip(_EDGES) for token in _TOKEN.findall(text.lower()))


def cleaned(text: bytes, known: frozenset[bytes] = frozenset()) -> bytes:
    """What remains of a free text (PS3.15 E.3.5): words of the vocabulary and short numbers, in ASCII.

    `known` are words of this very object that identify, in lower case; they go even when the vocabulary has them.
    """
    words, kept, after_title = vocabulary(), [], False
    for token in _TOKEN.findall(_DIGITS_APART.sub(b" ", text)):
        bare = token.strip(_EDGES)
        folded = bare.lower()
        if _stays(folded, words, known) and not after_title:
            kept.append(bare)
        after_title = folded in _TITLES
    return b" ".join(kept)


@lru_cache(maxsize=8192)
def is_plain(text: bytes, known: frozenset[bytes] = frozenset()) -> bool:
    """Say whether nothing of a text would have to go."""
    tokens = [token.strip(_EDGES) for token in _TOKEN.findall(text)]
    # Where digits in groups go, fewer are left.
    return cleaned(text, known).split() == [token for token in tokens if token]


def _stays(folded: bytes, words: frozenset[bytes], known: frozenset[bytes]) -> bool:
    if not folded or folded in known:
        return False
    if folded in words or _NUMBER.fullmatch(folded) or _RATIO.fullmatch(folded) or folded in (b"l", b"r"):
        return True
    parts = [part for part in _PARTS.split(folded) if part]
    return len(parts) > 1 and all(part in words and part not in known for part in parts)
