"""The cache of pictures, by itself."""

import os
import time
from pathlib import Path

import pytest

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.services.picture_cache import RETRY_SECONDS, TOUCH_SECONDS, Kept, PictureCache

BLOB = "ab" * 32
OTHER = "cd" * 32
TOKEN = "w256-cover-q85.jpg"


@pytest.fixture
def cache(tmp_path: Path) -> PictureCache:
    return PictureCache(tmp_path, "7")


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_picture_is_found_with_its_notes(cache: PictureCache) -> None:
    assert cache.find(BLOB, TOKEN) is None
    cache.keep(BLOB, TOKEN, b"picture", ["The window was chosen."])

    found = cache.find(BLOB, TOKEN)

    assert isinstance(found, Kept)
    assert (found.path.read_bytes(), found.size_bytes) == (b"picture", 7)
    assert found.notes() == ("The window was chosen.",)
    assert sorted(path.name for path in found.path.parent.iterdir()) == [f"{BLOB}-{TOKEN}", f"{BLOB}-{TOKEN}.notes"]


def test_another_renderer_starts_afresh(cache: PictureCache, tmp_path: Path) -> None:
    cache.keep(BLOB, TOKEN, b"old")
    newer = PictureCache(tmp_path, "8")

    assert newer.find(BLOB, TOKEN) is None
    newer.keep(OTHER, TOKEN, b"new")
    newer.forget_older_versions()

    assert cache.find(BLOB, TOKEN) is None
    assert isinstance(newer.find(OTHER, TOKEN), Kept)


@pytest.mark.parametrize(
    ("reason", "is_tried_again"),
    [(RenderReason.DAMAGED, False), (RenderReason.TOO_SLOW, True), (RenderReason.CRASHED, True)],
)
def test_a_failure_is_kept_and_only_one_that_may_pass_is_tried_again(
    cache: PictureCache, reason: RenderReason, is_tried_again: bool
) -> None:
    cache.keep_failure(BLOB, TOKEN, CannotRenderError(reason, "A sentence."))
    found = cache.find(BLOB, TOKEN)
    assert isinstance(found, CannotRenderError)
    assert (found.reason, found.detail) == (reason, "A sentence.")

    age(Path(f"{cache.path(BLOB, TOKEN)}.json"), RETRY_SECONDS + 1)

    assert (cache.find(BLOB, TOKEN) is None) is is_tried_again


def test_a_picture_made_after_all_takes_the_place_of_its_failure(cache: PictureCache) -> None:
    cache.keep_failure(BLOB, TOKEN, CannotRenderError(RenderReason.TOO_SLOW, "A sentence."))
    cache.keep(BLOB, TOKEN, b"picture")

    assert isinstance(cache.find(BLOB, TOKEN), Kept)
    assert len(list(cache.path(BLOB, TOKEN).parent.iterdir())) == 1


def test_use_is_noted_at_most_once_an_hour(cache: PictureCache) -> None:
    path = cache.keep(BLOB, TOKEN, b"picture").path
    age(path, TOUCH_SECONDS - 100)
    before = path.stat().st_mtime
    cache.find(BLOB, TOKEN)
    assert path.stat().st_mtime == before

    age(path, TOUCH_SECONDS + 100)
    cache.find(BLOB, TOKEN)

    assert time.time() - path.stat().st_mtime < 10


def test_clearing_takes_what_was_used_longest_ago_and_stops_under_the_limit(cache: PictureCache) -> None:
    paths = [cache.keep(f"{number:064x}", TOKEN, bytes(10_000)).path for number in range(20)]
    for number, path in enumerate(paths):
        age(path, 10_000 - number * 100)
    held = cache.size_bytes()
    assert not cache.was_cleared()

    cleared = cache.clear(held // 2)

    left = [path.exists() for path in paths]
    assert left == sorted(left)
    assert cleared.items == left.count(False)
    assert cache.size_bytes() == cleared.left_bytes <= held // 2
    assert left.count(True) >= 8
    assert cache.was_cleared()


def test_clearing_under_the_limit_takes_nothing(cache: PictureCache) -> None:
    path = cache.keep(BLOB, TOKEN, b"picture").path
    age(path, 100_000)

    assert cache.clear(1 << 20).items == 0
    assert path.exists()
    assert not cache.was_cleared()


def test_what_was_just_made_is_not_cleared_away_under_a_reader(cache: PictureCache) -> None:
    path = cache.keep(BLOB, TOKEN, bytes(10_000)).path

    cache.clear(1)

    assert path.exists()


def test_the_pictures_of_a_blob_go_together(cache: PictureCache) -> None:
    cache.keep(BLOB, TOKEN, b"small", ["A note."])
    cache.keep(BLOB, "native.png", b"full")
    cache.keep_failure(BLOB, "f9-native.png", CannotRenderError(RenderReason.NO_SUCH_FRAME, "A sentence."))
    cache.keep(OTHER, TOKEN, b"other")
    assert list(cache.blobs()) == [BLOB, OTHER]

    cache.forget(BLOB)

    assert list(cache.blobs()) == [OTHER]


def test_a_disk_that_refuses_leaves_no_half_picture(cache: PictureCache) -> None:
    folder = cache.path(BLOB, TOKEN).parent
    folder.parent.mkdir(parents=True)
    folder.write_bytes(b"a file where a folder should be")

    with pytest.raises(OSError, match=r".*"):
        cache.keep(BLOB, TOKEN, b"picture")

    assert folder.is_file()
