"""Identity that goes along encrypted, for those whose certificates are given."""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

from dicomgallery.deid.encrypting import Cipher, certificates_in, encrypted
from dicomgallery.deid.engine import Deidentified
from dicomgallery.deid.originals import enclosed, originals_of
from dicomgallery.errors import RefusedError

_CHUNK: Final = 1 << 20
_LONGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who can open it, and what it is encrypted with."""

    recipients: Sequence[x509.Certificate]
    cipher: Cipher

    @classmethod
    def read(cls, files: Sequence[Path], cipher: str) -> "Envelope":
        """For the certificates in these PEM files; RefusedError in words."""
        if any(file.stat().st_size > _LONGEST for file in files):
            raise RefusedError("A file of certificates is too long to be one.")
        return cls([one for file in files for one in certificates_in(file.read_bytes())], Cipher(cipher))

    def around(self, original: bytes | mmap.mmap, made: bytes | mmap.mmap, done: Deidentified, target: Path) -> None:
        """Write what was made with the originals of all that was changed in it; raises UnreadableError."""
        found = enclosed(made, encrypted(originals_of(original, done.changes), self.recipients, self.cipher))
        begin, end = found.copied
        with target.open("wb") as file:
            file.write(found.before)
            file.writelines(made[at : min(at + _CHUNK, end)] for at in range(begin, end, _CHUNK))
