"""Opens archives among what arrives; the bytes are inflated in the sandbox, never here."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dicomgallery.ingest.incoming import IncomingFile
from dicomgallery.ingest.outcome import Reason, Rejected
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.sandbox.unpacking import Refused, UnpackLimits, is_archive
from dicomgallery.settings import Settings
from dicomgallery.storage.staging import StagedFile


def members(
    file: IncomingFile, staged: StagedFile, chosen: Settings
) -> Iterator[tuple[str, StagedFile] | Rejected] | None:
    """The files inside, as they are unpacked; None when this is no archive."""
    if is_archive(staged.head) is None:
        return None
    return _unpacked(file.name, staged, chosen)


def _unpacked(name: str, staged: StagedFile, chosen: Settings) -> Iterator[tuple[str, StagedFile] | Rejected]:
    into = Path(tempfile.mkdtemp(dir=chosen.staging))
    found = 0
    try:
        for member in sandbox().unpack(staged.path, into, UnpackLimits.of(chosen)):
            found += 1
            if isinstance(member, Refused):
                yield Rejected(member.name or name, Reason(member.reason), member.detail)
            else:
                # Out of the folder that goes with the archive: it is stored only with its batch.
                kept = member.path.rename(into.parent / f"{into.name}.{found}")
                yield member.name, StagedFile(kept, member.sha256, member.size_bytes, b"")
        if not found:
            yield Rejected(name, Reason.INVALID_TYPE, "The archive has no files in it.")
    finally:
        shutil.rmtree(into, ignore_errors=True)
        staged.discard()
