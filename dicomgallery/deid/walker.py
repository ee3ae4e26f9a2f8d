"""The walk over the elements of one object in explicit little endian, nested ones too, deed by deed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple

from pydicom._uid_dict import UID_dictionary

from dicomgallery.deid import allowed, dates, dummies, icc, private, wording
from dicomgallery.deid.actions import Deed, Rule
from dicomgallery.deid.cells import Cells
from dicomgallery.deid.known import Known
from dicomgallery.deid.levels import Level
from dicomgallery.deid.profile import Profile
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.deid.source import SEQUENCE_END, Stretch
from dicomgallery.dicom.prescan import Buffer, Flaw
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.dicom.rewriting import Edits, element, start_of
from dicomgallery.dicom.structure import EXPLICIT_VRS, LONG_VRS
from dicomgallery.dicom.uids import is_valid
from dicomgallery.dicom.walk import UNDEFINED

_ELEMENT: Final = Struct("<HH2sH").unpack_from
_ITEM: Final = Struct("<HHL").unpack_from
_LENGTH: Final = Struct("<L").unpack_from
_BEGIN, _END_OF_ITEM, _END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_SOP_INSTANCE: Final = 0x00080018
_CODE: Final = re.compile(rb"[A-Z0-9 _]*")
_MANY_DIGITS: Final = re.compile(rb"\d{6}")
_LONGEST_SHOWN: Final = 1024
_LONGEST_TEXT: Final = 1 << 20
_FIVE: Final = 5
_SHORTEST_NAME: Final = 4
_SHORTEST_IN_BYTES: Final = 6


class NotPlainError(Exception):
    """Bytes that are not as explicit little endian has them: the header must be written anew first."""


@dataclass(frozen=True, slots=True)
class Masked(Stretch):
    """Pixel cells whose unused bits are cleared while they are written."""

    layout: Cells


Part = bytes | Stretch


class Change(NamedTuple):
    """One element that is not as it was; values are raw bytes, cut at 1024."""

    path: tuple[tuple[int, int], ...]
    """The sequences around it, each with the number of its item, from 0."""
    tag: int
    vr: str
    action: Deed
    rule: str
    old: bytes
    new: bytes | None
    """None when it was removed."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What stands for the patient."""

    subject: str
    days_back: int


@dataclass
class _Gone:
    """Says that an element is removed."""


_GONE: Final = _Gone()
_Path = tuple[tuple[int, int], ...]


class Walker:
    """One walk; `known` are values that identify, of a walk before this one."""

    def __init__(self, profile: Profile, pseudonyms: Pseudonyms, patient: Patient, known: Known | None = None) -> None:
        self.changes: list[Change] = []
        self.notes: list[str] = []
        self.parts: list[Part] = []
        self.known = known or Known()
        self.mime = b""
        self.own_class = ""
        self.layout: Cells | None = None
        self.sop_instance_uid = ""
        self._profile = profile
        self._pseudonyms = pseudonyms
        self._patient = patient
        self._safe_private = private.OPTION in profile.options
        self._pattern = known.pattern() if known else None
        self._tokens = frozenset(known.tokens) if known else frozenset()
        self._is_second = known is not None
        self._texts: list[bytes] = []

    def has_let_known_pass(self) -> bool:
        """Say whether something that stayed holds what identifies elsewhere in the object."""
        if self._is_second or not self.known.tokens:
            return False
        kept = b"\n".join(self._texts).lower()
        pattern = self.known.pattern()
        if pattern is not None and pattern.search(kept):
            return True
        return not self.known.tokens.isdisjoint(wording.words_in(kept))

    def top(self, buffer: Buffer, begin: int, end: int, level: Level, edits: Edits) -> None:
        """Walk a data set; `edits` are put in where they belong. Raises NotPlainError."""
        coming = sorted(edits.items(), reverse=True)
        self._elements(buffer, begin, end, level, self.parts, (), coming)
        while coming:
            self._put_in(coming, self.parts)

    def pixel_part(self, part: Part) -> None:
        """Take a part of the pixel data as it is, but for unused bits."""
        if isinstance(part, Stretch) and self.layout is not None:
            part = Masked(part.buffer, part.begin, part.end, self.layout)
        self.parts.append(part)

    def _put_in(self, coming: list[tuple[int, tuple[str, bytes] | None]], out: list[Part]) -> None:
        tag, said = coming.pop()
        if said is not None:
            out.append(element(tag, *said))

    # The hot loop: one long function, since every call in it is made for each element of each file.
    def _elements(  # noqa: C901, PLR0912, PLR0915, PLR0917
        self,
        buffer: Buffer,
        position: int,
        end: int,
        level: Level,
        out: list[Part],
        path: _Path,
        coming: list[tuple[int, tuple[str, bytes] | None]] | None = None,
    ) -> tuple[int, bool]:
        """Walk one level to its end; returns where that is, and whether anything changed."""
        run = position
        changed = False
        creators: dict[int, str] = {}
        replaced = {tag for tag, _ in coming} if coming else ()
        while position + 8 <= end:
            group, number, vr, length = _ELEMENT(buffer, position)
            tag = group << 16 | number
            value = position + 8
            if tag == _END_OF_ITEM:
                if run < position:
                    out.append(Stretch(buffer, run, position))
                return value, changed
            if vr in LONG_VRS:
                length = _LENGTH(buffer, value)[0]
                value += 4
            elif vr not in EXPLICIT_VRS:
                raise NotPlainError
            after = value + length
            if length == UNDEFINED:
                after = _end_of_fragments(buffer, value, end) if vr != b"SQ" else value
            if after > end:
                raise NotPlainError
            while coming and coming[-1][0] < tag:
                if run < position:
                    out.append(Stretch(buffer, run, position))
                run = position
                self._put_in(coming, out)
            if tag in replaced:
                rule = Rule(Deed.REMOVE, "mark of an earlier de-identification", vr.decode("latin-1"))
            elif group & 1:
                rule = self._private(buffer, tag, vr, value, length, creators)
            else:
                rule = level.rule(tag, vr)
            deed = rule.deed
            if deed is Deed.KEEP:
                position = after
                continue
            if vr == b"SQ":
                sub: list[list[Part]] = []
                recursing = deed is Deed.RECURSE
                inner = (
                    self._items(buffer, value, length, end, level.inside(tag), sub, path, tag, recursing)
                    if recursing or length == UNDEFINED
                    else (after, True)
                )
                after = inner[0]
                if recursing and not inner[1]:
                    position = after
                    continue
                if recursing:
                    if run < position:
                        out.append(Stretch(buffer, run, position))
                    _write_sequence(tag, sub, out)
                    position = run = after
                    changed = True
                    continue
                held = b""
            elif deed is Deed.RECURSE:
                raise NotPlainError
            elif deed is Deed.PIXELS:
                if run < value:
                    out.append(Stretch(buffer, run, value))
                run = after
                if length != UNDEFINED and self.layout is not None and not path:
                    out.append(Masked(buffer, value, after, self.layout))
                else:
                    out.append(Stretch(buffer, value, after))
                if length == UNDEFINED and bytes(buffer[after - 8 : after]) != SEQUENCE_END:
                    out.append(SEQUENCE_END)
                position = after
                continue
            else:
                held = bytes(buffer[value : min(after, value + _LONGEST_TEXT)])
            made = self._done(rule, tag, held)
            if made is None:
                position = after
                continue
            changed = True
            if run < position:
                out.append(Stretch(buffer, run, position))
            position = run = after
            new = None if isinstance(made, _Gone) else made
            if new is not None:
                out.append(element(tag, rule.vr, new))
                if tag == _SOP_INSTANCE and not path:
                    self.sop_instance_uid = new.decode("latin-1").strip(" \0")
            self.known.note(tag, rule.vr, held)
            action = _said(deed, rule, new)
            self.changes.append(Change(path, tag, rule.vr, action, rule.reason, held[:_LONGEST_SHOWN], new))
        if run < position:
            out.append(Stretch(buffer, run, position))
        if position < end and not path and bytes(buffer[position:end]).strip(b"\0"):
            raise NotPlainError
        return position, changed

    def _items(  # noqa: PLR0913, PLR0917 - one call site, in the hot loop
        self,
        buffer: Buffer,
        position: int,
        length: int,
        bound: int,
        level: Level,
        sub: list[list[Part]],
        path: _Path,
        tag: int,
        recursing: bool,  # noqa: FBT001
    ) -> tuple[int, bool]:
        """Walk the items of a sequence; without recursing only to find its end, and nothing is noted."""
        end = bound if length == UNDEFINED else position + length
        changed = False
        noted = len(self.changes), len(self._texts)
        while position + 8 <= end:
            group, number, size = _ITEM(buffer, position)
            found = group << 16 | number
            position += 8
            if found == _END and length == UNDEFINED:
                break
            if found != _BEGIN:
                raise NotPlainError
            stop = end if size == UNDEFINED else position + size
            if stop > end:
                raise NotPlainError
            out: list[Part] = []
            if size:
                inside = (*path, (tag, len(sub)))
                position, differs = self._elements(buffer, position, stop, level, out, inside)
                changed = changed or differs
            sub.append(out)
        if not recursing:
            del self.changes[noted[0] :], self._texts[noted[1] :]
        return position, changed

    def _private(  # noqa: PLR0917 - one call site, in the hot loop
        self, buffer: Buffer, tag: int, vr: bytes, value: int, length: int, creators: dict[int, str]
    ) -> Rule:
        written = vr.decode("latin-1")
        if (override := self._profile.override_of.get(tag)) is not None and override.choice.value == "keep":
            return Rule(Deed.KEEP, f"override: {override.reason}", written)
        number = tag & 0xFFFF
        if not self._safe_private:
            return Rule(Deed.REMOVE, "E.1-1 X: private", written)
        if 0x10 <= number <= 0xFF:
            name = bytes(buffer[value : value + min(length, 64)]).decode("latin-1").strip(" \0")
            if private.is_safe_creator(tag, name):
                creators[tag & 0xFFFF0000 | number] = name
                return Rule(Deed.KEEP, "creator of safe private elements", written)
            return Rule(Deed.REMOVE, "creator without safe elements", written)
        return private.rule(tag, creators.get(tag & 0xFFFF0000 | number >> 8, ""), written)

    def _done(self, rule: Rule, tag: int, held: bytes) -> bytes | _Gone | None:  # noqa: C901, PLR0912
        """The new value of an element; None when it stays."""
        deed = rule.deed
        match deed:
            case Deed.KEEP_BYTES:
                if self._pattern is not None and self._in_bytes(held):
                    return self._away(rule, tag, held)
                self._texts.append(held)
                return None
            case Deed.KEEP_TEXT:
                if self._pattern is not None and self._pattern.search(held.lower()):
                    return wording.cleaned(held, self._tokens) or self._away(rule, tag, held)
                self._texts.append(held)
                return None
            case Deed.KEEP_CODE:
                return self._codes(rule, tag, held)
            case Deed.KEEP_NUMBER:
                if not dates.NUMBER.fullmatch(held) or self._is_known_number(held):
                    return self._away(rule, tag, held)
                if len(held) >= _FIVE and b"." not in held:
                    self._texts.append(held)
                return None
            case Deed.KEEP_PLAIN:
                if not wording.is_plain(held, self._tokens):
                    return self._away(rule, tag, held)
                self._texts.append(held)
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
                moved = dates.moved(held, rule.vr, self._patient.days_back)
                return self._away(rule, tag, held) if moved is None else None if moved == held else moved
            case Deed.CLEAN | Deed.MEANING:
                return self._cleaned(rule, tag, held)
            case Deed.SUBJECT:
                return self._patient.subject.encode("ascii")
            case Deed.CONTENT:
                return dummies.content()
            case Deed.DOCUMENT:
                return dummies.document(self.mime)
            case Deed.PROFILE:
                made = icc.blanked(held)
                return _GONE if made is None else None if made == held else made
        return self._away(Rule(deed, rule.reason, rule.vr, deed), tag, held)

    def _away(self, rule: Rule, tag: int, held: bytes) -> bytes | _Gone | None:
        if rule.otherwise is Deed.EMPTY:
            return b"" if held or rule.vr == "SQ" else None
        if rule.otherwise is Deed.DUMMY:
            dummy = dummies.value(tag, rule.vr)
            if rule.vr == "UI":
                return self._new_uids(held or b"0")
            return None if not held.strip(b" \0") or held.strip(b" \0") == dummy else dummy
        if rule.otherwise is Deed.UID:
            return self._new_uids(held)
        return _GONE

    def _in_bytes(self, held: bytes) -> bool:
        """Say whether bytes hold what identifies, at a length that is no chance."""
        found = self._pattern.finditer(held.lower()) if self._pattern else ()
        return any(len(one[0]) >= _SHORTEST_IN_BYTES for one in found)

    def _codes(self, rule: Rule, tag: int, held: bytes) -> bytes | _Gone | None:
        """Code strings without those that are none; of several, such a one is left empty in its place."""
        parts = held.rstrip(b" \0").split(b"\\")
        kept = [part if self._is_code(part) else b"" for part in parts]
        if kept == parts:
            self._texts.append(held)
            return None
        return b"\\".join(kept) if any(kept) else self._away(rule, tag, held)

    def _is_code(self, part: bytes) -> bool:
        odd = not _CODE.fullmatch(part) or _MANY_DIGITS.search(part)
        if odd and not wording.is_plain(part):
            return False
        # Initials are too short to tell from codes.
        found = self._pattern.finditer(part.lower()) if self._pattern else ()
        return not any(len(one[0]) >= _SHORTEST_NAME for one in found)

    def _is_known_number(self, held: bytes) -> bool:
        return any(len(one := part.strip(b" \0")) >= _FIVE and one in self._tokens for part in held.split(b"\\"))

    def _cleaned(self, rule: Rule, tag: int, held: bytes) -> bytes | _Gone | None:
        whole = held.strip(b" \0")
        if rule.deed is Deed.MEANING and wording.is_meaning(whole):
            return None
        left = wording.cleaned(held, self._tokens)
        self._texts.append(left)
        if left == whole or (wording.is_plain(held, self._tokens) and left):
            return None
        return left or (self._away(rule, tag, held) if whole else None)

    def _new_uids(self, held: bytes, *, kinds: bool = False) -> bytes | None:
        """New UIDs for those that are not the standard's own; of kinds, those of other known registries stay too."""
        made = []
        for part in held.decode("latin-1").strip(" \0").split("\\"):
            uid = part.strip(" \0")
            is_known = uid.startswith(allowed.KNOWN_ROOTS) or uid == self.own_class if kinds else uid in UID_dictionary
            stays = not uid or (is_known and is_valid(uid))
            made.append(uid if stays else self._pseudonyms.uid(uid))
        new = "\\".join(made).encode("latin-1", "replace")
        return None if new == held.rstrip(b" \0") else new


def _is_uid(part: bytes) -> bool:
    text = part.decode("latin-1").strip(" \0")
    return not text or is_valid(text)


def _said(deed: Deed, rule: Rule, new: bytes | None) -> Deed:
    """The deed to speak of: what was kept under a condition, and did not meet it, met the other."""
    if deed.name.startswith("KEEP"):
        return rule.otherwise if new is None or deed is not Deed.KEEP_CLASS else Deed.UID
    return Deed.REMOVE if new is None else deed


def _write_sequence(tag: int, items: Sequence[list[Part]], out: list[Part]) -> None:
    sizes = [sum(map(_size, item)) for item in items]
    total = sum(sizes) + 8 * len(sizes)
    if total >= UNDEFINED:
        raise UnreadableError(Flaw.MALFORMED, "A sequence is too long to be written.")
    out.append(start_of(tag, b"SQ", total))
    for item, size in zip(items, sizes, strict=True):
        out.append(b"\xfe\xff\x00\xe0" + size.to_bytes(4, "little"))
        out.extend(item)


def _size(part: Part) -> int:
    return len(part) if isinstance(part, bytes) else part.end - part.begin


def _end_of_fragments(buffer: Buffer, position: int, end: int) -> int:
    """Where a value of undefined length ends, its delimiter included; a last one may be missing at the very end."""
    while position + 8 <= end:
        group, number, size = _ITEM(buffer, position)
        found = group << 16 | number
        position += 8
        if found == _END:
            return position
        if found != _BEGIN or size == UNDEFINED:
            raise NotPlainError
        position += size
    if position != end:
        raise NotPlainError
    return position
