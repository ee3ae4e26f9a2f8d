"""What takes the place of identities, from one secret of a project: the same for the same, today and next year."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dicomgallery.errors import RefusedError

FEWEST_SECRET_BYTES: Final = 16
DEFAULT_PATTERN: Final = "SUBJ-{hash}"
_LEAST_DAYS, _MOST_DAYS = 31, 3650
_WRITABLE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_MOST_REMEMBERED: Final = 100_000


@dataclass(frozen=True)
class Pseudonyms:
    """New UIDs, days and subject IDs; whoever has the secret and an old value can make the new one again."""

    secret: bytes = field(repr=False)
    pattern: str = DEFAULT_PATTERN
    listed: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Subject IDs that are given, by the old patient ID."""
    _uids: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.secret) < FEWEST_SECRET_BYTES:
            raise RefusedError(f"The secret must have at least {FEWEST_SECRET_BYTES} bytes.")
        if "{hash}" not in self.pattern or not _WRITABLE.fullmatch(self.pattern.replace("{hash}", "A" * 10)):
            raise RefusedError(
                "The pattern of pseudonyms must be plain ASCII with {hash} in it, 64 characters at most."
            )
        if not all(_WRITABLE.fullmatch(new) for new in self.listed.values()):
            raise RefusedError(
                "A listed pseudonym must be 1 to 64 letters, digits, spaces, dots, hyphens, underscores."
            )
        if len(set(self.listed.values())) != len(self.listed):
            raise RefusedError("Two patients are given the same pseudonym.")

    def uid(self, old: str) -> str:
        """The new UID of an old one, 2.25 and a number of 128 bits (PS3.5 B.2)."""
        known = self._uids.get(old)
        if known is None:
            if len(self._uids) >= _MOST_REMEMBERED:
                self._uids.clear()
            digest = bytearray(self._digest("uid", old)[:16])
            # The bits of a UUID of version 8 (RFC 9562), which is what 2.25 promises.
            digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
            known = self._uids[old] = f"2.25.{int.from_bytes(digest, 'big')}"
        return known

    def days_back(self, patient: str) -> int:
        """How many days all dates of a patient go back: one number, so that every interval stays."""
        return _LEAST_DAYS + int.from_bytes(self._digest("days", patient)[:8], "big") % (_MOST_DAYS - _LEAST_DAYS)

    def subject(self, patient: str, patient_id: str) -> str:
        """The subject ID: the listed one of this patient ID, or one by the pattern."""
        return self.listed.get(patient_id) or self.pattern.replace("{hash}", self.short(patient, "subject"))

    def short(self, old: str, use: str) -> str:
        """Ten characters that stand for a value in one use: for file names and subjects."""
        return base64.b32encode(self._digest(use, old))[:10].decode("ascii")

    def _digest(self, use: str, old: str) -> bytes:
        return hmac.digest(self.secret, f"{use}\0{old}".encode("utf-8", "surrogatepass"), hashlib.sha256)
