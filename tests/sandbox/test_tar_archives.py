"""tar archives, plain and gzipped."""

import gzip
import random
import tarfile
from pathlib import Path

import pytest

from dicomgallery.sandbox.unpacking import UnpackLimits
from tests.sandbox.archives import MIB, contents, opened, refusals, tar_of_infos, tarred

NOISE = random.Random(7).randbytes(40_000)
FILES = [("a/one.dcm", NOISE), ("a/b/two.dcm", NOISE[::-1] * 3), ("three", b"III" * 5000)]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("layout", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_good_members_come_whole_and_in_order(tmp_path: Path, mode: str, layout: int) -> None:
    found = opened(tmp_path, tarred(FILES, mode=mode, layout=layout))

    assert contents(found) == FILES
    assert refusals(found) == []


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_large_member_is_streamed_and_comes_whole(tmp_path: Path, mode: str) -> None:
    large = random.Random(3).randbytes(MIB) * 9 + b"end"

    found = opened(tmp_path, tarred([("large", large), *FILES], mode=mode))

    assert contents(found) == [("large", large), *FILES]


@pytest.mark.parametrize("layout", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_in_any_script_are_read(tmp_path: Path, layout: int) -> None:
    name = "研究/" * 60 + "画像.dcm"

    assert contents(opened(tmp_path, tarred([(name, NOISE)], layout=layout))) == [(name, NOISE)]


def test_several_gzip_streams_in_a_row_are_one(tmp_path: Path) -> None:
    plain = tarred(FILES)
    archive = gzip.compress(plain[:50_000]) + gzip.compress(plain[50_000:])

    assert contents(opened(tmp_path, archive)) == FILES


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused_and_the_files_beside_them_kept(tmp_path: Path, kind: bytes) -> None:
    odd, good = tarfile.TarInfo("odd"), tarfile.TarInfo("good")
    odd.type, odd.linkname = kind, "/etc/passwd"
    good.size = len(NOISE)

    found = opened(tmp_path, tar_of_infos(odd, good, data=NOISE))

    assert contents(found) == [("good", NOISE)]
    assert refusals(found) == [("odd", "unsafe")]


def test_sparse_files_are_refused_and_the_files_beside_them_kept(tmp_path: Path) -> None:
    sparse, good = tarfile.TarInfo("sparse"), tarfile.TarInfo("good")
    sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "99999999999"}
    sparse.size = good.size = len(NOISE)

    found = opened(tmp_path, tar_of_infos(sparse, good, data=NOISE))

    assert contents(found) == [("good", NOISE)]
    assert refusals(found) == [("sparse", "unreadable")]


def test_old_sparse_files_are_refused(tmp_path: Path) -> None:
    sparse = tarfile.TarInfo("sparse")
    sparse.type, sparse.size = tarfile.GNUTYPE_SPARSE, len(NOISE)

    assert refusals(opened(tmp_path, tar_of_infos(sparse, data=NOISE))) == [("sparse", "unreadable")]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_cut_off_archive_gives_the_members_before_the_cut(tmp_path: Path, mode: str) -> None:
    plain = tarred(FILES)
    whole = tarred(FILES, mode=mode)
    for percent in (15, 40, 90, 99):
        folder = tmp_path / str(percent)
        folder.mkdir()
        # What tarfile fills up at the end is longer than what it holds here.
        end = plain.rindex(b"III") + 3 if mode == "w" else len(whole)

        found = opened(folder, whole[: end * percent // 100])

        assert contents(found) == FILES[: len(contents(found))]
        assert ("", "truncated") in refusals(found)
        assert len(contents(found)) < len(FILES)


def test_an_archive_that_does_not_say_its_end_is_cut_off(tmp_path: Path) -> None:
    plain = tarred(FILES)
    end = plain.rindex(b"III") + 3

    found = opened(tmp_path, plain[: end + -end % 512])

    assert contents(found) == FILES
    assert refusals(found) == [("", "truncated")]


def test_a_damaged_header_ends_the_reading_after_the_good_members(tmp_path: Path) -> None:
    plain = bytearray(tarred(FILES))
    plain[plain.index(b"three") + 2] ^= 0xFF

    found = opened(tmp_path, bytes(plain))

    assert contents(found) == FILES[:2]
    assert refusals(found) == [("", "unreadable")]


def test_damaged_gzip_ends_the_reading_after_the_good_members(tmp_path: Path) -> None:
    packed = bytearray(tarred(FILES, mode="w:gz"))
    packed[-12] ^= 0xFF

    found = opened(tmp_path, bytes(packed))

    assert contents(found) == FILES[: len(contents(found))]
    assert refusals(found)[-1][0] == ""


def test_a_gzipped_bomb_is_left_when_it_has_grown_beyond_the_ratio(tmp_path: Path) -> None:
    found = opened(tmp_path, tarred([("one", NOISE), ("zeros", bytes(64 * MIB))], mode="w:gz"))

    assert contents(found) == [("one", NOISE)]
    assert {reason for _, reason in refusals(found)} == {"unsafe"}


def test_a_gzipped_bomb_of_what_would_be_passed_over_is_left_too(tmp_path: Path) -> None:
    found = opened(tmp_path, tarred([("a/.DS_Store", bytes(64 * MIB)), ("one", NOISE)], mode="w:gz"))

    assert contents(found) == []
    assert refusals(found) == [("", "unsafe")]


def test_what_does_not_fit_the_total_is_too_large_and_a_smaller_one_after_it_is_kept(tmp_path: Path) -> None:
    entries = [("a", NOISE), ("b", NOISE * 2), ("c", NOISE[:100])]

    found = opened(tmp_path, tarred(entries), UnpackLimits(total_bytes=60_000))

    assert [name for name, _ in contents(found)] == ["a", "c"]
    assert refusals(found) == [("b", "too_large")]


def test_more_entries_than_allowed_are_left_out(tmp_path: Path) -> None:
    found = opened(tmp_path, tarred([(str(number), b"x") for number in range(12)]), UnpackLimits(entries=10))

    assert len(contents(found)) == 10
    assert refusals(found) == [("", "unsafe")]


def test_headers_that_only_announce_each_other_are_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x" * 400)
    announcement = info.tobuf(tarfile.GNU_FORMAT)[:1024]

    found = opened(tmp_path, announcement * 1000)

    assert refusals(found) == [("", "unsafe")]


def test_a_size_beyond_the_archive_is_truncated(tmp_path: Path) -> None:
    info = tarfile.TarInfo("huge")
    info.size = 1 << 60

    found = opened(tmp_path, info.tobuf(tarfile.GNU_FORMAT) + NOISE, UnpackLimits(total_bytes=1 << 62))

    assert refusals(found) == [("huge", "truncated"), ("", "truncated")]


def test_a_hostile_name_is_only_shown(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "/etc/passwd", "a/../../b"):
        assert contents(opened(tmp_path, tarred([(name, NOISE)])))[0][0] == name
        for path in (tmp_path / "into").iterdir():
            path.unlink()
