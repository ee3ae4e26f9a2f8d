"""ZIP archives, read by counted bytes and never by an entry's name."""

import random
import resource
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dicomgallery.sandbox.unpacking import ArchiveKind, Member, UnpackLimits, is_archive, unpack
from tests.sandbox.archives import (
    MIB,
    contents,
    opened,
    overlapping_zip,
    refusals,
    same_bytes_listed,
    tarred,
    with_field,
    zipped,
)

NOISE = random.Random(7).randbytes(40_000)
FILES = [("a/one.dcm", NOISE), ("a/b/two.dcm", NOISE[::-1] * 3), ("three", b"III" * 5000)]
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("streamed", [False, True])
def test_good_members_come_whole_and_in_order(tmp_path: Path, method: int, streamed: bool) -> None:
    found = opened(tmp_path, zipped(FILES, method=method, streamed=streamed))

    assert contents(found) == FILES
    assert refusals(found) == []


def test_a_large_member_is_streamed_and_comes_whole(tmp_path: Path) -> None:
    large = random.Random(3).randbytes(MIB) * 9 + b"end"

    found = opened(tmp_path, zipped([("large", large), *FILES]))

    assert contents(found) == [("large", large), *FILES]


def test_zip64_sizes_are_read_where_they_stand(tmp_path: Path) -> None:
    target = tmp_path / "wide.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in FILES:
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(data)
    archive64 = bytearray(target.read_bytes())
    target.unlink()
    # zipfile writes the wide end of the list for large archives only; so it is put in by hand.
    end_at = archive64.rindex(b"PK\5\6")
    _, _, _, _, count, size, offset, _ = struct.unpack("<4s4H2IH", archive64[end_at:])
    wide = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end_at, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)

    found = opened(tmp_path, bytes(archive64[:end_at]) + wide + locator + end)

    assert contents(found) == FILES


def test_a_zip_whose_entries_overlap_is_not_multiplied(tmp_path: Path) -> None:
    bomb = overlapping_zip(250, 16 * MIB)
    assert len(bomb) < 60_000

    found = opened(tmp_path, bomb)

    # All but the one whose bytes are its own: 16 MiB at most, not 4 GiB.
    assert len(contents(found)) <= 1
    assert [reason for _, reason in refusals(found)].count("unsafe") >= 249


def test_a_zip_that_lists_the_same_bytes_many_times_is_refused(tmp_path: Path) -> None:
    found = opened(tmp_path, same_bytes_listed(300, NOISE))

    assert contents(found) == []
    assert {reason for _, reason in refusals(found)} == {"unsafe"}


def test_an_entry_that_grows_beyond_the_ratio_is_unsafe_and_its_neighbors_are_kept(tmp_path: Path) -> None:
    found = opened(tmp_path, zipped([FILES[0], ("zeros", bytes(64 * MIB)), FILES[1]]))

    assert contents(found) == FILES[:2]
    assert refusals(found) == [("zeros", "unsafe")]


def test_an_empty_picture_may_pack_very_well(tmp_path: Path) -> None:
    found = opened(tmp_path, zipped([("black.dcm", bytes(8 * MIB))]))

    assert contents(found) == [("black.dcm", bytes(8 * MIB))]


def test_many_small_bombs_are_counted_together(tmp_path: Path) -> None:
    found = opened(tmp_path, zipped([(str(number), bytes(6 * MIB)) for number in range(5)]))

    assert [name for name, _ in contents(found)] == ["0", "1"]
    assert refusals(found) == [("2", "unsafe"), ("3", "unsafe"), ("4", "unsafe")]


def test_what_does_not_fit_the_total_is_too_large_and_a_smaller_one_after_it_is_kept(tmp_path: Path) -> None:
    entries = [("a", NOISE), ("b", NOISE * 2), ("c", NOISE[:100])]

    found = opened(tmp_path, zipped(entries), UnpackLimits(total_bytes=60_000))

    assert [name for name, _ in contents(found)] == ["a", "c"]
    assert refusals(found) == [("b", "too_large")]


def test_the_20001st_entry_is_not_taken(tmp_path: Path) -> None:
    entries = [("first.dcm", NOISE), *((f"folder{number}/", b"") for number in range(20_000)), ("last.dcm", NOISE)]

    found = opened(tmp_path, zipped(entries))

    assert contents(found) == [("first.dcm", NOISE)]
    assert refusals(found) == [("", "unsafe")]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("/etc/passwd", "/etc/passwd"),
        ("C:\\windows\\x", "C:\\windows\\x"),
        ("研究/画像.dcm", "研究/画像.dcm"),
        ("n" * 300, "n" * 300),
    ],
)
def test_a_name_is_only_shown(tmp_path: Path, name: str, shown: str) -> None:
    found = opened(tmp_path, zipped([(name, NOISE)]))

    assert contents(found) == [(shown, NOISE)]


def test_what_cannot_be_printed_in_a_name_is_replaced(tmp_path: Path) -> None:
    archive = zipped([("aXb\u202ecod.exe", NOISE)]).replace(b"aXb", b"a\0b")

    assert contents(opened(tmp_path, archive)) == [("a\ufffdb\ufffdcod.exe", NOISE)]


def test_an_old_name_is_read_in_the_old_code_page(tmp_path: Path) -> None:
    archive = zipped([("aXb", NOISE)]).replace(b"aXb", b"a\x81b")

    assert contents(opened(tmp_path, archive)) == [("aüb", NOISE)]


def test_two_entries_of_one_name_are_both_kept(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = zipped([("same", b"1" * 100), ("same", b"2" * 100)])

    assert contents(opened(tmp_path, archive)) == [("same", b"1" * 100), ("same", b"2" * 100)]


def test_a_locked_entry_is_unreadable(tmp_path: Path) -> None:
    found = opened(tmp_path, with_field(zipped(FILES[:1]), 6, 8, b"\x01\x00"))

    assert refusals(found) == [("a/one.dcm", "unreadable")]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused_in_words(tmp_path: Path, method: int) -> None:
    found = opened(tmp_path, zipped(FILES[:1], method=method))

    assert refusals(found) == [("a/one.dcm", "unreadable")]


@pytest.mark.parametrize("said", [10, len(NOISE) - 1, len(NOISE) + 1, 2 * len(NOISE)])
def test_an_entry_that_lies_about_its_size_is_unreadable(tmp_path: Path, said: int) -> None:
    found = opened(tmp_path, with_field(zipped([("lie", NOISE)]), 22, 24, struct.pack("<I", said)))

    assert contents(found) == []
    assert refusals(found) == [("lie", "unreadable")]


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_wrong_checksum_is_unreadable_and_the_others_are_kept(tmp_path: Path, method: int) -> None:
    found = opened(tmp_path, with_field(zipped(FILES, method=method), 14, 16, b"\1\2\3\4"))

    assert contents(found) == FILES[1:]
    assert refusals(found) == [("a/one.dcm", "unreadable")]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_cut_off_archive_gives_the_members_before_the_cut(tmp_path: Path, method: int, streamed: bool) -> None:
    whole = zipped(FILES, method=method, streamed=streamed)
    list_at = whole.index(b"PK\1\2")
    for cut in (20, list_at // 3, list_at * 2 // 3, list_at - 30, list_at, list_at + 60):
        folder = tmp_path / str(cut)
        folder.mkdir()

        found = opened(folder, whole[:cut])

        assert contents(found) == FILES[: len(contents(found))]
        assert refusals(found)[-1] == ("", "truncated")
    assert len(contents(found)) == len(FILES)


def test_an_archive_in_an_archive_is_opened_and_one_deeper_is_not(tmp_path: Path) -> None:
    inner = zipped(FILES[:1])
    middle = zipped([("deep.zip", inner), FILES[1]])
    outer = zipped([("m.zip", middle), ("t.tar", tarred(FILES[2:])), FILES[0]])

    found = opened(tmp_path, outer)

    assert contents(found) == [("m.zip/a/b/two.dcm", FILES[1][1]), ("t.tar/three", FILES[2][1]), FILES[0]]
    assert refusals(found) == [("m.zip/deep.zip", "unsafe")]


def test_a_cut_off_archive_that_ends_with_a_whole_one_gives_both(tmp_path: Path) -> None:
    outer = zipped([FILES[0], ("inner.zip", zipped(FILES[1:]))], method=STORED)
    cut = outer[: outer.index(b"PK\1\2", outer.index(b"PK\5\6"))]

    found = opened(tmp_path, cut)

    assert [name for name, _ in contents(found)] == ["a/one.dcm", "inner.zip/a/b/two.dcm", "inner.zip/three"]
    assert refusals(found) == [("", "truncated")]


def test_what_a_nested_archive_unpacks_to_counts_against_the_outer_one(tmp_path: Path) -> None:
    nested = [(f"{number}.zip", zipped([("zeros", bytes(8 * MIB))])) for number in range(6)]

    found = opened(tmp_path, zipped(nested))

    assert len(contents(found)) < 3
    assert {reason for _, reason in refusals(found)} == {"unsafe"}


def test_folders_and_clutter_are_passed_over_and_empty_files_are_told_of(tmp_path: Path) -> None:
    clutter = ["folder/", "__MACOSX/a/._one.dcm", "a/.DS_Store", "a/Thumbs.db"]

    found = opened(tmp_path, zipped([*((name, b"" if name.endswith("/") else b"x") for name in clutter), ("nil", b"")]))

    assert contents(found) == []
    assert refusals(found) == [("nil", "invalid_type")]


def test_an_empty_archive_is_told_of(tmp_path: Path) -> None:
    assert refusals(opened(tmp_path, zipped([]))) == [("", "invalid_type")]


def test_an_archive_of_more_entries_than_it_may_have_at_once_is_refused(tmp_path: Path) -> None:
    assert refusals(opened(tmp_path, zipped(FILES), UnpackLimits(entries=0))) == [("", "unsafe")]


def test_one_part_of_a_split_archive_is_unreadable(tmp_path: Path) -> None:
    archive = zipped(FILES)
    end_at = archive.rindex(b"PK\5\6")

    found = opened(tmp_path, archive[: end_at + 4] + b"\1\0" + archive[end_at + 6 :])

    assert refusals(found) == [("", "unreadable")]


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    (tmp_path / "archive").write_bytes(b"")
    archive = zipped([("large", NOISE * 8), ("small", NOISE[:1000])], method=DEFLATED)
    assert len(archive) > 200_000
    try:
        found = _opened_under_a_file_size_limit(tmp_path, archive, 100_000, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [name for name, _ in contents(found)] == ["small"]
    assert refusals(found) == [("large", "storage_full")]


def _opened_under_a_file_size_limit(tmp_path: Path, archive: bytes, limit: int, hard: int):
    original: Callable[[bytes], int] = Path.write_bytes

    def write_then_limit(self: Path, data: bytes) -> int:
        written = original(self, data)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        return written

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "write_bytes", write_then_limit)
        return opened(tmp_path, archive)


def test_content_decides_what_is_an_archive() -> None:
    assert is_archive(zipped(FILES)[:512]) is ArchiveKind.ZIP
    assert is_archive(tarred(FILES)[:512]) is ArchiveKind.TAR
    assert is_archive(tarred(FILES, mode="w:gz")[:512]) is ArchiveKind.TAR_GZ
    assert is_archive(zipped([])[:512]) is ArchiveKind.ZIP
    assert is_archive(b"") is None
    assert is_archive(NOISE[:512]) is None
    assert is_archive(bytes(512)) is None


def test_dicom_with_a_preamble_of_another_format_is_no_archive() -> None:
    for archive in (zipped(FILES), tarred(FILES), tarred(FILES, mode="w:gz")):
        assert is_archive(archive[:128] + b"DICM" + archive[132:512]) is None


def test_an_archive_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    """What was read of a mapped archive is let go of, or its pages would add up to all of it."""
    archive = tmp_path / "large.zip"
    with zipfile.ZipFile(archive, "w", STORED) as packed:
        # A few dozen are worked on at once, and their pages are held meanwhile: all of them would be 360 MB.
        for number in range(180):
            packed.writestr(str(number), bytes([number]) * (2 * MIB))
    into = tmp_path / "into"
    into.mkdir()

    members, held_mib = 0, [0.0]
    for member in unpack(archive, into, "part", UnpackLimits()):
        members += isinstance(member, Member)
        # To ask the kernel for it takes longer than to unpack.
        if members % 20 == 0:
            held_mib.append(resident_mib(archive))

    assert members == 180
    assert 0 < max(held_mib) < 200


def resident_mib(path: Path) -> float:
    """How much of a file this process holds in its maps."""
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    return sum(
        int(next(line for line in lines if line.startswith("Rss:")).split()[1]) / 1024
        for line in lines
        if line.endswith(str(path))
    )
