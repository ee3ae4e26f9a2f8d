"""Takes identity out of one object: element by element at the bytes, so that what stays is copied, never made anew."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import pack
from typing import Final

from dicomgallery.deid import marks
from dicomgallery.deid.cells import cleared
from dicomgallery.deid.levels import Levels
from dicomgallery.deid.pixeldata import Masked, Pixels
from dicomgallery.deid.profile import Profile
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.deid.source import Source, anew, opened
from dicomgallery.deid.treatment import Facts, Patient, Treatment
from dicomgallery.deid.walker import Change, NotPlainError, Part, Walker
from dicomgallery.dicom.prescan import Buffer, Flaw
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.dicom.rewriting import Edits, element
from dicomgallery.dicom.uids import IMPLEMENTATION_CLASS_UID, is_valid

_CHUNK: Final = 1 << 20
_SEPARATOR: Final = "\0"
_SOP_CLASS, _SOP_INSTANCE = 0x00080016, 0x00080018


@dataclass(frozen=True, slots=True)
class Deidentified:
    """One object without identity: what was changed, and the bytes to write while its source is open."""

    changes: Sequence[Change]
    notes: Sequence[str]
    sop_class_uid: str
    sop_instance_uid: str
    subject: str
    folder: tuple[str, str]
    """What stands for its study and its series in the name of a file."""
    file_name: str
    parts: Sequence[Part] = field(repr=False)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, some at a time."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            begin, end = part.begin, part.end
            layout = part.layout if isinstance(part, Masked) else None
            step = _CHUNK * 3  # whole cells of 1, 2, 3 and 4 bytes
            for at in range(begin, end, step):
                chunk = bytes(part.buffer[at : min(end, at + step)])
                yield cleared(chunk, layout) if layout else chunk


class Engine:
    """A profile at work with the pseudonyms of one project; keeps the rules it has once made."""

    def __init__(self, profile: Profile, pseudonyms: Pseudonyms) -> None:
        self.profile = profile
        self.pseudonyms = pseudonyms
        self._levels = Levels(profile)

    def deidentify(self, data: Buffer, *, pixels_cleaned: bool = False, pixels_reviewed: bool = False) -> Deidentified:
        """Take the identity out of one file; raises UnreadableError for what cannot be read.

        `pixels_cleaned` says that its pixels come from a cleaning of burned-in text, `pixels_reviewed` that a person
        has looked at them; both are then marked.
        """
        said = marks.edits(self.profile, cleaned=pixels_cleaned, reviewed=pixels_reviewed)
        try:
            return self._made(opened(data), said)
        except NotPlainError:
            # Explicit by name, something else inside: pydicom, more patient, reads it, and it is written anew.
            pass
        try:
            return self._made(anew(data), said)
        except NotPlainError as error:
            raise UnreadableError(Flaw.MALFORMED, "The file's elements contradict each other.") from error

    def _made(self, source: Source, said: Edits) -> Deidentified:
        patient = self._patient(source)
        facts = Facts(patient, source.text(0x00080016), source.raw(0x00420012))
        treatment = Treatment(self.pseudonyms, facts)
        walker = self._walked(source, treatment, said)
        if treatment.has_let_known_pass():
            # What identifies showed itself only after some of it had been kept: once more, with it in mind.
            again = Treatment(self.pseudonyms, facts, treatment.known)
            walker = self._walked(source, again, said)
        short = self.pseudonyms.short
        return Deidentified(
            walker.changes,
            source.notes,
            walker.uids[_SOP_CLASS],
            walker.uids[_SOP_INSTANCE],
            patient.subject,
            (short(source.text(0x0020000D), "study"), short(source.text(0x0020000E), "series")),
            short(source.text(0x00080018) or source.text(0x0020000D), "file"),
            [_head(source, walker.uids), *walker.parts],
        )

    def _walked(self, source: Source, treatment: Treatment, said: Edits) -> Walker:
        root = self._levels.of_class(source.text(0x00080016))
        uids = {tag: source.text(tag) for tag in (_SOP_CLASS, _SOP_INSTANCE)}
        walker = Walker(self.profile, treatment, Pixels.of(source), uids)
        walker.top(source.buffer, source.begin, source.end, root, said)
        for piece in source.pixels:
            walker.pixel_part(piece)
        if source.tail:
            walker.top(source.tail, 0, len(source.tail), root, {})
        return walker

    def _patient(self, source: Source) -> Patient:
        """By the patient ID alone: its issuer is often said in some objects of a study and not in others."""
        patient_id = key = source.text(0x00100020)
        if not patient_id:
            who = source.text(0x00100010)
            key = _SEPARATOR.join(("", who, source.text(0x00100030))) if who else source.text(0x0020000D)
        return Patient(self.pseudonyms.subject(key, patient_id), self.pseudonyms.days_back(key))


def _head(source: Source, said: Mapping[int, str]) -> bytes:
    """Preamble, prefix and meta information (PS3.10 7.1), nothing of which comes from the file but its syntax."""
    uids = {
        0x00020002: said[_SOP_CLASS],
        0x00020003: said[_SOP_INSTANCE],
        0x00020010: source.syntax,
        0x00020012: IMPLEMENTATION_CLASS_UID,
    }
    body = element(0x00020001, "OB", b"\0\1")
    body += b"".join(element(tag, "UI", uid.encode("ascii", "ignore")) for tag, uid in uids.items() if is_valid(uid))
    return b"\0" * 128 + b"DICM" + element(0x00020000, "UL", pack("<L", len(body))) + body
