"""Archives as strangers send them: good, broken and hostile."""

import hashlib
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from dicomgallery.sandbox.unpacking import Member, Refused, UnpackLimits, unpack

MIB = 1 << 20


class Pipe(io.RawIOBase):
    """A target that cannot seek, so that zipfile writes sizes after the bytes."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.data += bytes(data)
        return len(data)


def zipped(
    entries: Iterable[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED, streamed: bool = False
) -> bytes:
    target = Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return bytes(target.data) if isinstance(target, Pipe) else target.getvalue()


def tarred(entries: Iterable[tuple[str, bytes]], *, mode: str = "w", layout: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode, format=layout) as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def tar_of_infos(*infos: tarfile.TarInfo, data: bytes = b"") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(data) if info.size else None)
    return target.getvalue()


def overlapping_zip(count: int, kernel_bytes: int) -> bytes:
    """Each entry quotes the next one's header and goes on into its bytes (Fifield, "A better zip bomb")."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = compressor.compress(bytes(kernel_bytes)) + compressor.flush()
    size = kernel_bytes
    entries: list[tuple[bytes, bytes, int]] = []
    for number in range(count):
        name = f"{number}.dcm".encode()
        local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(body), size, len(name), 0) + name
        central = struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(body), size, len(name), 0, 0, 0, 0, 0, 0
        )
        entries.append((central, name, len(local) + len(body)))
        # A stored block of deflate: it brings the header as bytes, and the stream goes on behind it.
        body = b"\0" + struct.pack("<2H", len(local), len(local) ^ 0xFFFF) + local + body
        size += len(local)
    front = body[5:]
    listing = b"".join(
        central[:42] + struct.pack("<I", len(front) - from_end) + name for central, name, from_end in entries
    )
    return front + listing + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(listing), len(front), 0)


def same_bytes_listed(count: int, data: bytes) -> bytes:
    """One entry that the list of contents names many times."""
    one = zipped([("0.dcm", data)])
    end_at = one.rindex(b"PK\5\6")
    list_at = struct.unpack_from("<I", one, end_at + 16)[0]
    listing = one[list_at:end_at] * count
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(listing), list_at, 0)
    return one[:list_at] + listing + end


def with_field(archive: bytes, at_local: int, at_central: int, value: bytes) -> bytes:
    """The same archive of one entry, a field of its two headers overwritten."""
    changed = bytearray(archive)
    local, central = changed.index(b"PK\3\4"), changed.index(b"PK\1\2")
    changed[local + at_local : local + at_local + len(value)] = value
    changed[central + at_central : central + at_central + len(value)] = value
    return bytes(changed)


def opened(folder: Path, archive: bytes, limits: UnpackLimits | None = None) -> list[Member | Refused]:
    """What the reader finds in an archive, after seeing that every file it left is a member it told of."""
    path = folder / "archive"
    path.write_bytes(archive)
    into = folder / "into"
    into.mkdir(exist_ok=True)
    found = [one for one in unpack(path, into, "m", limits or UnpackLimits()) if isinstance(one, Member | Refused)]
    members = {one.path: one for one in found if isinstance(one, Member)}
    assert set(into.iterdir()) == set(members)
    for member in members.values():
        data = member.path.read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (member.size_bytes, member.sha256)
    assert {one.name for one in folder.iterdir()} == {"archive", "into"}
    return found


def contents(found: Iterable[Member | Refused]) -> list[tuple[str, bytes]]:
    return [(one.name, one.path.read_bytes()) for one in found if isinstance(one, Member)]


def refusals(found: Iterable[Member | Refused]) -> list[tuple[str, str]]:
    return [(one.name, one.reason) for one in found if isinstance(one, Refused)]
