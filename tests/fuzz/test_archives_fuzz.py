"""Archives with their bytes disturbed: whatever they become, they are read to an end and within their limits.

DICOMGALLERY_FUZZ says how many; the same seed makes the same archives.
"""

import os
import random
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pytest

from dicomgallery.sandbox.unpacking import Member, Refused, UnpackLimits, is_archive, unpack
from tests.fuzz.sharing import try_all
from tests.sandbox.archives import overlapping_zip, same_bytes_listed, tarred, zipped

COUNT = int(os.environ.get("DICOMGALLERY_FUZZ", "300"))
LIMITS = UnpackLimits(entries=60, total_bytes=4 << 20, free_bytes=1 << 20)
_INTERESTING = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\1\0\0\0",
    b"PK\1\2",
    b"PK\3\4",
    b"PK\5\6",
    b"PK\7\x08",
)


@cache
def seeds() -> list[bytes]:
    noise = random.Random(1).randbytes(3000)
    files = [("a.dcm", noise), ("b/c.dcm", b"abc" * 2000), ("研究/d.dcm", noise[:700])]
    inner = zipped(files[:2])
    return [
        zipped(files),
        zipped(files, method=zipfile.ZIP_STORED),
        zipped(files, streamed=True),
        zipped(files, method=zipfile.ZIP_STORED, streamed=True),
        zipped([("in.zip", inner), ("in.tar.gz", tarred(files, mode="w:gz")), *files], method=zipfile.ZIP_STORED),
        tarred(files),
        tarred([("x" * 300, noise), ("in.zip", inner)]),
        tarred(files, mode="w:gz"),
        overlapping_zip(20, 100_000),
        same_bytes_listed(20, noise),
    ]


def disturbed(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(changed))
        match chance.randrange(6):
            case 0:
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                changed[at] = chance.randrange(256)
            case 2:
                value = chance.choice(_INTERESTING)
                changed[at : at + len(value)] = value
            case 3:
                del changed[at : at + chance.randrange(1, 200)]
            case 4:
                source = chance.randrange(len(changed))
                changed[at:at] = changed[source : source + chance.randrange(1, 200)]
            case _:
                del changed[max(at, 1) :]
        if not changed:
            return b"P"
    return bytes(changed)


def opened(number: int) -> tuple[int, int]:
    """Unpack one disturbed archive and hold it to its limits; how many members were kept, how many refused."""
    # What reaches the disk is another test's; here it would take the most time.
    os.fsync = lambda _fd: None  # type: ignore[assignment]
    originals = seeds()
    data = disturbed(originals[number % len(originals)], random.Random(number))
    with tempfile.TemporaryDirectory() as folder:
        path, into = Path(folder) / "archive", Path(folder) / "into"
        into.mkdir()
        path.write_bytes(data)
        is_archive(data[:512])
        found = list(unpack(path, into, "m", LIMITS))
        members = [one for one in found if isinstance(one, Member)]
        assert sum(one.size_bytes for one in members) <= LIMITS.total_bytes
        assert {one.path for one in members} == set(into.iterdir())
        assert all(one.path.stat().st_size == one.size_bytes for one in members)
    return len(members), sum(isinstance(one, Refused) for one in found)


def hold(count: int) -> None:
    """Open so many archives."""
    found = try_all(opened, range(count))
    # Enough came through, and enough was refused, for this to have reached both ways.
    assert sum(kept for kept, _ in found) > count // 4
    assert sum(refused for _, refused in found) > count // 4


def test_no_archive_escapes_its_limits_or_raises() -> None:
    hold(min(COUNT, 300))


@pytest.mark.long
def test_a_great_many_archives_are_read_in_bounded_time_and_memory() -> None:
    hold(COUNT)
