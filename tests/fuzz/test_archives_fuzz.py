"""Archives with their bytes disturbed: whatever they become, they are read to an end and within their limits.

DICOMGALLERY_FUZZ says how many; the same seed makes the same archives.
"""

import os
import random
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from dicomgallery.sandbox.unpacking import Member, Refused, UnpackLimits, is_archive, unpack
from tests.sandbox.archives import overlapping_zip, same_bytes_listed, tarred, zipped

COUNT = int(os.environ.get("DICOMGALLERY_FUZZ", "300"))
LIMITS = UnpackLimits(entries=60, total_bytes=4 << 20, free_bytes=1 << 20)
HANG_SECONDS = 5
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


@contextmanager
def no_longer_than(seconds: float, what: str) -> Iterator[None]:
    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"{what} hangs")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_no_archive_escapes_its_limits_or_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What reaches the disk is another test's; here it would take the most time.
    monkeypatch.setattr(os, "fsync", lambda _fd: None)
    chance = random.Random(20260131)
    originals = seeds()
    path, into = tmp_path / "archive", tmp_path / "into"
    into.mkdir()
    kept = refused = 0
    for number in range(COUNT):
        data = disturbed(originals[number % len(originals)], chance)
        path.write_bytes(data)
        with no_longer_than(HANG_SECONDS, f"archive {number}"):
            is_archive(data[:512])
            found = list(unpack(path, into, "m", LIMITS))
        members = [one for one in found if isinstance(one, Member)]
        kept += len(members)
        refused += sum(isinstance(one, Refused) for one in found)
        assert sum(one.size_bytes for one in members) <= LIMITS.total_bytes, number
        assert {one.path for one in members} == set(into.iterdir()), number
        for one in members:
            assert one.path.stat().st_size == one.size_bytes, number
            one.path.unlink()
    # Enough came through, and enough was refused, for this to have reached both ways.
    assert kept > COUNT // 4
    assert refused > COUNT // 4
