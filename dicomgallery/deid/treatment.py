"""What becomes of single values: the deeds of the rules, done to bytes."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pydicom._uid_dict import UID_dictionary

from dicomgallery.deid import allowed, dates, dummies, icc, wording
from dicomgallery.deid.actions import Deed, Rule
from dicomgallery.deid.known import Known
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.dicom.uids import is_valid

_CODE: Final = re.compile(rb"[A-Z0-9 _]*")
_IDENTIFIER: Final = re.compile(rb"(?=(?:[^0-9]*[0-9]){3})(?=(?:[^A-Z]*[A-Z]){2})[A-Z0-9]+")
"""Letters and digits in one word, as identifiers have them and terms do not."""
_MANY_DIGITS: Final = re.compile(rb"\d{6}")
# Shorter ones meet by chance: in numbers, among codes, in bytes.
_SHORTEST_NUMBER, _SHORTEST_NAME = 5, 4
SHORTEST_IN_BYTES: Final = 6
_TELEPHONE: Final = re.compile(rb"(?<![\d.])\d{11,}(?![\d.eE])")
"""A whole number that nobody counts or measures."""
_CHARSET: Final = re.compile(rb"(?:ISO[ _-]?(?:2022[ _-]?)?IR[ _-]?\d{1,3}|GB18030|GBK)?")
"""Defined terms (PS3.3 C.12.1.1.2), and how they are often misspelled."""
_IN_LETTERS: Final = re.compile(rb"[ -~]*[A-Za-z]{3}[ -~]*")


class Gone(Enum):
    """Says that an element is removed."""

    GONE = 0


GONE: Final = Gone.GONE


@dataclass(frozen=True, slots=True)
class Patient:
    """What stands for the patient."""

    subject: str
    days_back: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What values of one object are treated by, besides their rules."""

    patient: Patient
    sop_class: str
    mime: bytes
    """Of an encapsulated document."""


class Treatment:
    """Does deeds to the values of one object, and remembers what identified and what stayed.

    `known` is what identified in a treatment before this one.
    """

    def __init__(self, pseudonyms: Pseudonyms, facts: Facts, known: Known | None = None) -> None:
        self.known = known or Known()
        self.texts: list[bytes] = []
        """What stayed, to be searched at the end."""
        self._pseudonyms = pseudonyms
        self._facts = facts
        self._pattern = known.pattern() if known else None
        self._tokens = frozenset(known.tokens) if known else frozenset()
        self._is_second = known is not None

    def has_let_known_pass(self) -> bool:
        """Say whether something that stayed holds what identifies elsewhere in the object."""
        if self._is_second or not self.known.tokens:
            return False
        kept = b"\n".join(self.texts).lower()
        pattern = self.known.pattern()
        if pattern is not None and pattern.search(kept):
            return True
        return not self.known.tokens.isdisjoint(wording.words_in(kept))

    def done(self, rule: Rule, tag: int, held: bytes) -> bytes | Gone | None:  # noqa: C901, PLR0912 - one case a deed
        """The new value of an element; None when it stays."""
        deed = rule.deed
        match deed:
            case Deed.KEEP_BYTES:
                if _reads_as_text(held) or (self._pattern is not None and self._in_bytes(held)):
                    return self._away(rule, tag, held)
                self.texts.append(held)
                return None
            case Deed.KEEP_TEXT | Deed.KEEP_ALLOWED:
                # Equipment is told in ASCII; a name in another script may be in any character set.
                speaks = deed is Deed.KEEP_ALLOWED and not (
                    held.isascii() and held.rstrip(b"\0").decode().isprintable()
                )
                speaks = speaks or (deed is Deed.KEEP_ALLOWED and wording.addresses_somebody(held))
                if speaks or (self._pattern is not None and self._pattern.search(held.lower())):
                    return wording.cleaned(held, self._tokens) or self._away(rule, tag, held)
                self.texts.append(held)
                return None
            case Deed.KEEP_CODE:
                return self._codes(rule, tag, held)
            case Deed.KEEP_NUMBER:
                is_number = dates.NUMBER.fullmatch(held) and not _TELEPHONE.search(held)
                if not is_number or self._is_known_number(held):
                    return self._away(rule, tag, held)
                if len(held) >= _SHORTEST_NUMBER and b"." not in held:
                    self.texts.append(held)
                return None
            case Deed.KEEP_CHARSET:
                is_set = all(_CHARSET.fullmatch(part.strip(b" \0")) for part in held.split(b"\\"))
                return None if is_set else self._away(rule, tag, held)
            case Deed.KEEP_PLAIN:
                if not wording.is_plain(held, self._tokens):
                    return self._away(rule, tag, held)
                self.texts.append(held)
                return None
            case Deed.KEEP_DATE:
                return None if dates.well_formed(held, rule.vr) else self._away(rule, tag, held)
            case Deed.KEEP_UID:
                return None if all(map(_is_uid, held.split(b"\\"))) else self._away(rule, tag, held)
            case Deed.KEEP_CLASS:
                return self._new_uids(held, kinds=True)
            case Deed.UID:
                return self._new_uids(held)
            case Deed.SHIFT:
                moved = dates.moved(held, rule.vr, self._facts.patient.days_back)
                return self._away(rule, tag, held) if moved is None else None if moved == held else moved
            case Deed.CLEAN | Deed.MEANING:
                return self._cleaned(rule, tag, held)
            case Deed.SUBJECT:
                return self._facts.patient.subject.encode("ascii")
            case Deed.CONTENT:
                return dummies.content()
            case Deed.DOCUMENT:
                return dummies.document(self._facts.mime)
            case Deed.PROFILE:
                made = icc.blanked(held)
                return GONE if made is None else None if made == held else made
        return self._away(Rule(deed, rule.reason, rule.vr, deed), tag, held)

    def _away(self, rule: Rule, tag: int, held: bytes) -> bytes | Gone | None:
        if rule.otherwise is Deed.EMPTY:
            return b"" if held or rule.vr == "SQ" else None
        if rule.otherwise is Deed.DUMMY:
            dummy = dummies.value(tag, rule.vr)
            if rule.vr == "UI":
                return self._new_uids(held or b"0")
            return None if not held.strip(b" \0") or held.strip(b" \0") == dummy else dummy
        if rule.otherwise is Deed.UID:
            return self._new_uids(held)
        return GONE

    def _in_bytes(self, held: bytes) -> bool:
        """Say whether bytes hold what identifies, at a length that is no chance."""
        found = self._pattern.finditer(held.lower()) if self._pattern else ()
        return any(len(one[0]) >= SHORTEST_IN_BYTES for one in found)

    def _codes(self, rule: Rule, tag: int, held: bytes) -> bytes | Gone | None:
        """Code strings without those that are none; of several, such a one is left empty in its place."""
        parts = held.rstrip(b" \0").split(b"\\")
        kept = [part if self._is_code(part) else b"" for part in parts]
        if kept == parts:
            self.texts.append(held)
            return None
        return b"\\".join(kept) if any(kept) else self._away(rule, tag, held)

    def _is_code(self, part: bytes) -> bool:
        odd = not _CODE.fullmatch(part) or _MANY_DIGITS.search(part) or any(map(_IDENTIFIER.fullmatch, part.split()))
        if odd and not wording.is_plain(part):
            return False
        # Initials are too short to tell from codes.
        found = self._pattern.finditer(part.lower()) if self._pattern else ()
        return not any(len(one[0]) >= _SHORTEST_NAME for one in found)

    def _is_known_number(self, held: bytes) -> bool:
        return any(
            len(one := part.strip(b" \0")) >= _SHORTEST_NUMBER and one in self._tokens for part in held.split(b"\\")
        )

    def _cleaned(self, rule: Rule, tag: int, held: bytes) -> bytes | Gone | None:
        whole = held.strip(b" \0")
        if rule.deed is Deed.MEANING and wording.is_meaning(whole):
            return None
        left = wording.cleaned(held, self._tokens)
        self.texts.append(left)
        if left == whole or (wording.is_plain(held, self._tokens) and left):
            return None
        return left or (self._away(rule, tag, held) if whole else None)

    def _new_uids(self, held: bytes, *, kinds: bool = False) -> bytes | None:
        """New UIDs for those that are not the standard's own; of kinds, those of other known registries stay too."""
        made = []
        for part in held.decode("latin-1").strip(" \0").split("\\"):
            uid = part.strip(" \0")
            is_known = (
                uid.startswith(allowed.KNOWN_ROOTS) or uid == self._facts.sop_class if kinds else uid in UID_dictionary
            )
            stays = not uid or (is_known and is_valid(uid))
            made.append(uid if stays else self._pseudonyms.uid(uid))
        new = "\\".join(made).encode("latin-1", "replace")
        return None if new == held.rstrip(b" \0") else new


def _reads_as_text(held: bytes) -> bool:
    """Say whether numbers are letters throughout, which they are not by chance."""
    bare = held.strip(b" \0")
    return len(bare) >= SHORTEST_IN_BYTES and len(bare) < 256 and _IN_LETTERS.fullmatch(bare) is not None


def _is_uid(part: bytes) -> bool:
    text = part.decode("latin-1").strip(" \0")
    return not text or is_valid(text)


def said(rule: Rule, tag: int, new: bytes | None) -> Deed:
    """The deed to speak of: what was to be kept under a condition, and did not meet it, met another."""
    if new is None:
        return Deed.REMOVE
    if not rule.deed.name.startswith("KEEP"):
        return rule.deed
    if not new:
        return Deed.EMPTY
    if rule.vr == "UI":
        return Deed.UID
    return Deed.DUMMY if new == dummies.value(tag, rule.vr) else Deed.CLEAN
