"""Archives that are written while they are read."""

import io
import os
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicomgallery.services import zipping
from dicomgallery.services.zipping import LARGE_BYTES, Entry


def entry(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), lambda: iter([data]))


def lost(name: str, size_bytes: int = 10) -> Entry:
    def read() -> Iterator[bytes]:
        raise FileNotFoundError

    return Entry(name, size_bytes, read)


def read_back(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.mark.parametrize("deflate", [False, True])
def test_what_goes_in_comes_out(deflate: bool, tmp_path: Path) -> None:
    files = {
        "a/empty": b"",
        "a/plain.dcm": b"0123456789" * 1000,
        "b/noise": os.urandom(50_000),
        "b/large": os.urandom(1 << 16) * 160,
        "研究/画像.dcm": b"text",
    }

    archive = b"".join(zipping.stream((entry(*item) for item in files.items()), deflate=deflate))

    assert read_back(archive) == files
    target = tmp_path / "made.zip"
    target.write_bytes(archive)
    assert subprocess.run(["unzip", "-tq", target], check=False, capture_output=True).returncode == 0


def test_deflating_makes_smaller_and_never_larger() -> None:
    text, noise = b"a" * 100_000, os.urandom(100_000)

    with zipfile.ZipFile(
        io.BytesIO(b"".join(zipping.stream([entry("text", text), entry("noise", noise)], deflate=True)))
    ) as opened:
        assert opened.getinfo("text").compress_size < 1000
        assert opened.getinfo("noise").compress_type == zipfile.ZIP_STORED
        assert opened.getinfo("noise").compress_size == 100_000


def test_more_entries_than_the_old_format_counts() -> None:
    archive = b"".join(zipping.stream((entry(f"{number}", b"x") for number in range(66_000)), deflate=False))

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert len(opened.namelist()) == 66_000
        assert opened.read("65999") == b"x"


def test_bytes_that_are_gone_are_left_out_and_told_of() -> None:
    def told(names: list[str]) -> Entry:
        return entry("missing.txt", "\n".join(names).encode())

    entries = [entry("first", b"1"), lost("second"), lost("third", LARGE_BYTES + 1), entry("fourth", b"4")]

    assert read_back(b"".join(zipping.stream(entries, deflate=True, left_out=told))) == {
        "first": b"1",
        "fourth": b"4",
        "missing.txt": b"second\nthird",
    }


def test_memory_does_not_grow_with_the_archive() -> None:
    def files() -> Iterator[Entry]:
        for number in range(400):
            yield Entry(f"{number}", 1 << 20, lambda: iter([bytes(1 << 20)]))

    tracemalloc.start()
    try:
        size = sum(len(chunk) for chunk in zipping.stream(files(), deflate=False))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size > 400 << 20
    assert peak < 2 * zipping.AHEAD_BYTES + LARGE_BYTES


def test_an_archive_nobody_reads_to_its_end_leaves_no_thread_behind() -> None:
    opened = zipping.stream((entry(f"{number}", bytes(1 << 20)) for number in range(100)), deflate=True)
    next(opened)

    opened.close()  # type: ignore[attr-defined]

    assert next(opened, None) is None


@pytest.mark.long
def test_an_entry_and_an_archive_over_four_gibibytes(tmp_path: Path) -> None:
    chunk = bytes(16 << 20)

    def much() -> Iterator[bytes]:
        for _ in range(257):
            yield chunk

    target = tmp_path / "large.zip"
    with target.open("wb") as file:
        for part in zipping.stream([Entry("large", len(chunk) * 257, much), entry("after", b"it")], deflate=False):
            if part is chunk:
                file.seek(len(part), os.SEEK_CUR)  # zeros take no room on the disk
            else:
                file.write(part)

    with zipfile.ZipFile(target) as opened:
        assert opened.getinfo("large").file_size == len(chunk) * 257
        assert opened.testzip() is None
        assert opened.read("after") == b"it"
