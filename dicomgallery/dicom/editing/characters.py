"""Texts in the character set of their data set, which is raised to UTF-8 when one does not fit (PS3.5 6.1)."""

from dataclasses import replace
from typing import Final

from pydicom.charset import python_encoding

from dicomgallery.dicom import elements
from dicomgallery.dicom.editing.trees import Level, even
from dicomgallery.dicom.editing.typed import ValueProblemError
from dicomgallery.dicom.elements import CHARSET_VRS

CHARACTER_SET: Final = 0x00080005
UTF_8: Final = "ISO_IR 192"
_DEFAULT: Final = "iso8859"
"""What pydicom calls the basic set, though it decodes more."""
_SHIFTING: Final = frozenset({"shift_jis", "iso2022_jp", "iso2022_jp_2", "euc_kr", "iso_ir_58", "GB2312"})
"""Sets that are switched to by escape sequences: texts that need them are read, and written anew in UTF-8."""


class DoesNotFitError(Exception):
    """A text needs another character set than its data set has."""


def encoded(text: str, vr: str, encodings: tuple[str, ...]) -> bytes:
    """A text as bytes of even length; DoesNotFitError when its letters are not in the character set."""
    try:
        if vr not in CHARSET_VRS or text.isascii():
            return even(text.encode("ascii"), vr)
        (encoding,) = encodings
        if encoding == _DEFAULT or encoding in _SHIFTING:
            raise DoesNotFitError
        return even(text.encode(encoding), vr)
    except (UnicodeEncodeError, ValueError, LookupError):
        raise DoesNotFitError from None


def change(level: Level, term: str) -> set[int]:
    """Write every text of a data set in another character set; gives the elements at the top that change.

    ValueProblemError when a text has letters that the set lacks, or the set is not known here.
    """
    encoding = python_encoding.get(term)
    if encoding is None or term.startswith("ISO 2022") or encoding in _SHIFTING:
        raise ValueProblemError("Texts are written here in UTF-8 (ISO_IR 192) or in a set without escape sequences.")
    try:
        touched = rewrite(level, (encoding,))
    except DoesNotFitError:
        raise ValueProblemError(f"A text of this file has letters that {term or 'the basic set'} lacks.") from None
    if term:
        level.put(CHARACTER_SET, "CS", term)
    else:
        level.nodes.pop(CHARACTER_SET, None)
    return touched | {CHARACTER_SET}


def rewrite(level: Level, encodings: tuple[str, ...]) -> set[int]:
    """Write the texts of a level and of all inside it in these encodings; gives the elements that change.

    DoesNotFitError when one has letters that they lack.
    """
    touched = set()
    for node in list(level.nodes.values()):
        if node.vr == "SQ":
            inside = [rewrite(item, encodings) for item in node.items]
            # An item that names no set of its own has that of the data set around it (PS3.3 C.12.1.1.2).
            renamed = [item.nodes.pop(CHARACTER_SET, None) for item in node.items]
            if any(inside) or any(renamed):
                touched.add(node.tag)
        elif node.vr in CHARSET_VRS and not (node.raw.isascii() and b"\x1b" not in node.raw):
            text = elements.decoded(node.raw, node.vr, level.encodings).rstrip(" \0")
            level.nodes[node.tag] = replace(node, value=encoded(text, node.vr, encodings))
            touched.add(node.tag)
    level.encodings = encodings
    return touched
