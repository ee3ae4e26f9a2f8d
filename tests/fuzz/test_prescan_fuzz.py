"""Damaged, spliced and made-up bytes at the gate: an answer every time, soon, and never an exception.

`DICOMGALLERY_FUZZ` says how many inputs; `./test.sh --all` sets 200 000 for the long test. Without it there are 500.
"""

import os
import random
import struct
import time
import zlib
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from dicomgallery.dicom.attributes import as_text, rows
from dicomgallery.dicom.dicomjson import to_json
from dicomgallery.dicom.facts import facts_of
from dicomgallery.dicom.prescan import Flawed, Prescanned, prescan
from dicomgallery.dicom.reader import UnreadableError, parse, read_whole
from dicomgallery.dicom.words import words_of
from tests.fuzz.sharing import try_all

INPUTS = int(os.environ.get("DICOMGALLERY_FUZZ", "500"))
SLOWEST_SECONDS = 5.0
LARGEST_SEED = 40_000

TOKENS = [
    b"\xff\xff\xff\xff",
    b"\xfe\xff\x00\xe0",
    b"\xfe\xff\x0d\xe0",
    b"\xfe\xff\xdd\xe0",
    b"\xfe\xff\x00\xe0\xff\xff\xff\xff",
    b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff",
    b"\x09\x00\x10\x10UN\0\0\xff\xff\xff\xff",
    b"\x00\x52\x30\x92SQ\0\0\xff\xff\xff\xff",
    b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff",
    b"\x08\x00\x05\x00CS\x0a\0ISO_IR 192",
    b"\x08\x00\x05\x00CS\x0e\0ISO 2022 IR 87",
    b"1.2.840.10008.1.2\0",
    b"1.2.840.10008.1.2.2",
    b"1.2.840.10008.1.2.1.99",
    b"\0" * 16,
    b"\x1b$B",
    b"\\",
]

PREFIXES = [b"", b"\0" * 128 + b"DICM", b"\0" * 128 + b"DICM\x02\0\x10\0UI\x14\0"]


@lru_cache(maxsize=1)
def seeds() -> list[bytes]:
    """Return pydicom's small packaged files, one of each name."""
    folder = Path(str(get_testdata_file("CT_small.dcm", download=False))).parent.parent
    files = sorted(folder.rglob("*.dcm"))
    return [data for data in (file.read_bytes() for file in files) if len(data) <= LARGEST_SEED]


def damaged(chance: random.Random) -> bytes:
    """Make one input: a seed cut, spliced, overwritten and stretched a few times, or noise behind a prefix."""
    data = bytearray(chance.choice(seeds()))
    for _ in range(chance.randint(1, 6)):
        # Headers are where a walk goes wrong; most damage is done there.
        reach = len(data) if chance.random() < 0.3 else min(len(data), 4000)
        spot = chance.randrange(max(reach, 1))
        match chance.randrange(8):
            case 0:
                del data[spot:]
            case 1:
                data[spot : spot + 1] = bytes([chance.randrange(256)])
            case 2:
                data[spot : spot + 4] = struct.pack("<L", chance.choice([0, 1, 8, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]))
            case 3:
                token = chance.choice(TOKENS)
                data[spot : spot + len(token)] = token
            case 4:
                data[spot:spot] = chance.choice(TOKENS) * chance.choice([1, 2, 40])
            case 5:
                other = chance.choice(seeds())
                begin = chance.randrange(len(other))
                data[spot:] = other[begin : begin + chance.randrange(1, 6000)]
            case 6:
                end = spot + chance.randrange(1, 600)
                data[spot:spot] = data[spot:end] * chance.choice([1, 2, 30])
            case _:
                packer = zlib.compressobj(wbits=-15)
                head = data[:132] + b"\x02\0\x10\0UI\x16\x001.2.840.10008.1.2.1.99"
                data = bytearray(head + packer.compress(bytes(data[132:])) + packer.flush())
        if not data:
            break
    return bytes(data)


def answer(data: bytes) -> Prescanned | Flawed:
    """Ask the gate and, when it lets the bytes through, do all that the gallery does with a header."""
    started = time.process_time()
    scanned = prescan(data)
    if isinstance(scanned, Prescanned):
        try:
            dataset = parse(data, scanned)
            facts_of(dataset, transfer_syntax=scanned.transfer_syntax)
            to_json(dataset)
            words_of(dataset)
            rows(dataset)
            as_text(dataset).encode("utf-8", "surrogatepass")
            read_whole(data)
        except UnreadableError:
            pass
    else:
        assert scanned.detail.endswith(".")
    assert time.process_time() - started < SLOWEST_SECONDS
    return scanned


@settings(max_examples=min(INPUTS, 5000), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.integers(min_value=0, max_value=2**63))
def test_damaged_files_are_answered_soon_and_never_raise(seed: int) -> None:
    answer(damaged(random.Random(seed)))


@pytest.mark.long
def test_a_great_many_damaged_files_are_answered_in_bounded_time_and_memory() -> None:
    passed = try_all(passes, range(INPUTS))

    # Enough came through, and enough was refused, for this to have reached both ways.
    assert len(passed) == INPUTS
    assert INPUTS // 20 < sum(map(bool, passed)) < INPUTS - INPUTS // 20


def passes(seed: int) -> bool:
    """Answer one damaged file; whether it was let through."""
    return isinstance(answer(damaged(random.Random(seed))), Prescanned)


@settings(max_examples=min(max(INPUTS // 5, 100), 5000), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=600), st.sampled_from(PREFIXES))
def test_noise_behind_any_prefix_is_answered(noise: bytes, prefix: bytes) -> None:
    answer(prefix + noise)


def test_every_truncation_of_a_file_is_answered_and_none_is_taken_for_whole() -> None:
    whole = Path(str(get_testdata_file("test-SR.dcm", download=False))).read_bytes()
    for length in range(0, len(whole), 7):
        scanned = answer(whole[:length])
        if isinstance(scanned, Prescanned):
            # Cut exactly between two elements, a file without pixel data cannot be told from a whole one.
            assert scanned.dataset_end > length - 8
