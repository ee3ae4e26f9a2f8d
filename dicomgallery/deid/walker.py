"""The walk over the elements of one object in explicit little endian, nested ones too, deed by deed."""

from collections.abc import Mapping, Sequence
from struct import Struct
from typing import Final, NamedTuple

from dicomgallery.deid import private
from dicomgallery.deid.actions import Deed, Rule
from dicomgallery.deid.levels import Level
from dicomgallery.deid.pixeldata import Pixels, without_words
from dicomgallery.deid.profile import Profile
from dicomgallery.deid.source import SEQUENCE_END, Stretch
from dicomgallery.deid.treatment import GONE, SHORTEST_IN_BYTES, Treatment, said
from dicomgallery.dicom.prescan import Buffer, Flaw
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.dicom.rewriting import Edits, element, start_of
from dicomgallery.dicom.structure import EXPLICIT_VRS, LONG_VRS
from dicomgallery.dicom.walk import UNDEFINED

_ELEMENT: Final = Struct("<HH2sH").unpack_from
_ITEM: Final = Struct("<HHL").unpack_from
_LENGTH: Final = Struct("<L").unpack_from
_BEGIN, _END_OF_ITEM, _END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXEL_DATA: Final = 0x7FE00010
_BLANKED: Final = "what no pixel needs: words in compressed frames, bytes behind the last"
_LONGEST_SHOWN: Final = 1024
_LONGEST_TEXT: Final = 1 << 20


class NotPlainError(Exception):
    """Bytes that are not as explicit little endian has them: the header must be written anew first."""


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


_Path = tuple[tuple[int, int], ...]


class Walker:
    """One walk over one object, whose values are treated on the way."""

    def __init__(self, profile: Profile, treatment: Treatment, pixels: Pixels, uids: Mapping[int, str]) -> None:
        self.changes: list[Change] = []
        self.parts: list[Part] = []
        self.uids = dict(uids)
        """What it says of its class and of itself, as it stands in the result."""
        self._profile = profile
        self._treatment = treatment
        self._pixels = pixels
        self._safe_private = private.OPTION in profile.options

    def top(self, buffer: Buffer, begin: int, end: int, level: Level, edits: Edits) -> None:
        """Walk a data set; `edits` are put in where they belong. Raises NotPlainError."""
        coming = sorted(edits.items(), reverse=True)
        self._elements(buffer, begin, end, level, self.parts, (), coming)
        while coming:
            self._put_in(coming, self.parts)

    def pixel_part(self, part: Part) -> None:
        """Take a part of pixel data that were not part of the walk."""
        if isinstance(part, Stretch):
            cleaned = self._cleaned_pixels(part.buffer, part.begin, part.end, in_fragments=not self._pixels.is_native)
            self.parts.extend(cleaned)
        else:
            self.parts.append(part)

    def _cleaned_pixels(self, buffer: Buffer, begin: int, end: int, *, in_fragments: bool) -> list[Part]:
        """The bytes of pixel data without what no pixel needs, which is told as one change."""
        made = list(without_words(buffer, begin, end) if in_fragments else self._pixels.cleaned(buffer, begin, end))
        if any(isinstance(part, bytes) for part in made):
            self.changes.append(Change((), _PIXEL_DATA, "OB", Deed.PIXELS, _BLANKED, b"", b""))
        return made

    def _put_in(self, coming: list[tuple[int, tuple[str, bytes] | None]], out: list[Part]) -> None:
        tag, said = coming.pop()
        if said is not None:
            out.append(element(tag, *said))

    # The hot loop: one long function, since every call in it is made for each element of each file.
    def _elements(  # noqa: C901, PLR0912, PLR0915, PLR0917 - as said
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
            if deed is Deed.KEEP or (deed is Deed.KEEP_BYTES and length < SHORTEST_IN_BYTES):
                position = after
                continue
            if vr == b"SQ":
                noted = len(self.changes), len(self._treatment.texts)
                sub: list[list[Part]] = []
                recursing = deed is Deed.RECURSE
                try:
                    after, differs = self._items(buffer, value, length, end, level.inside(tag), sub, path, tag)
                except NotPlainError:
                    if recursing or length == UNDEFINED:
                        raise
                if recursing and not differs:
                    position = after
                    continue
                if recursing:
                    if run < position:
                        out.append(Stretch(buffer, run, position))
                    _write_sequence(tag, sub, out)
                    position = run = after
                    changed = True
                    continue
                # It was walked for its names and its end; what was noted of it is not what is done.
                del self.changes[noted[0] :], self._treatment.texts[noted[1] :]
                held = b""
            elif deed is Deed.RECURSE:
                raise NotPlainError
            elif deed is Deed.PIXELS:
                if run < value:
                    out.append(Stretch(buffer, run, value))
                run = after
                in_fragments = length == UNDEFINED
                # Fragments end with a delimiter of this program's own: one in a file may be missing, or have a length.
                has_end = in_fragments and bytes(buffer[after - 8 : after - 4]) == SEQUENCE_END[:4]
                stop = after - 8 if has_end else after
                out.extend(self._cleaned_pixels(buffer, value, stop, in_fragments=in_fragments))
                if in_fragments:
                    out.append(SEQUENCE_END)
                position = after
                continue
            else:
                held = bytes(buffer[value : min(after, value + _LONGEST_TEXT)])
                if after - value > _LONGEST_TEXT and deed is not Deed.KEEP_BYTES:
                    # What is too long to be looked at cannot be kept.
                    rule = Rule(rule.otherwise, f"{rule.reason}; too long", rule.vr, rule.otherwise)
            made = self._treatment.done(rule, tag, held)
            if made is None:
                position = after
                continue
            changed = True
            if run < position:
                out.append(Stretch(buffer, run, position))
            position = run = after
            new = None if made is GONE else made
            if new is not None:
                out.append(element(tag, rule.vr, new))
                if tag in self.uids and not path:
                    self.uids[tag] = new.decode("latin-1").strip(" \0")
            self._treatment.known.note(tag, rule.vr, held)
            action = said(rule, tag, new)
            self.changes.append(Change(path, tag, rule.vr, action, rule.reason, held[:_LONGEST_SHOWN], new))
        if run < position:
            out.append(Stretch(buffer, run, position))
        if position < end and not path and bytes(buffer[position:end]).strip(b"\0"):
            raise NotPlainError
        return position, changed

    def _items(  # noqa: PLR0917 - one call site, in the hot loop
        self,
        buffer: Buffer,
        position: int,
        length: int,
        bound: int,
        level: Level,
        sub: list[list[Part]],
        path: _Path,
        tag: int,
    ) -> tuple[int, bool]:
        """Walk the items of a sequence into `sub`; returns where it ends, and whether anything in it changed."""
        end = bound if length == UNDEFINED else position + length
        changed = False
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
