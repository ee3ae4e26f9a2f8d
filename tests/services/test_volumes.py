"""Volumes by way of the gallery: built once, told while they are, refused in words, gone with their bytes."""

import os
import time
from pathlib import Path

from sqlalchemy import update

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.grids import View
from dicomgallery.imaging.refusals import CannotRenderError, RenderReason
from dicomgallery.imaging.volumes.spec import PlaneSpec
from dicomgallery.models import Job, transaction
from dicomgallery.services import removal, volumes
from dicomgallery.services.pictures import Picture
from dicomgallery.services.upkeep import clear_volumes
from dicomgallery.services.volume_cache import VolumeCache
from dicomgallery.services.volumes import Building, Ready, Refused
from tests.conftest import Gallery


def test_a_volume_is_built_at_once_when_a_plane_is_asked_for(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(6, 32, 24))

    ready = volumes.built(1, actor=gallery.actor)

    assert isinstance(ready, Ready)
    assert ready.volume.shape == (6, 32, 24)
    assert ready.volume.unit == "HU"
    drawn = volumes.plane(ready, PlaneSpec(View.AXIAL))
    assert isinstance(drawn, Picture)
    assert drawn.read().startswith(b"\x89PNG")


def test_a_volume_that_is_asked_for_is_built_by_a_job_and_only_once(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(6, 32, 24))
    gallery.work()

    first, second = (volumes.of(1, actor=gallery.actor) for _ in range(2))

    assert (first, second) == (Building(0, 6), Building(0, 6))
    assert gallery.work() == 1
    assert isinstance(volumes.of(1, actor=gallery.actor), Ready)


def test_what_lies_nowhere_is_refused_in_words(gallery: Gallery) -> None:
    gallery.ingest(synthetic.us_cine(3, 32, 32))

    refused = volumes.of(1, actor=gallery.actor)

    assert refused == Refused("The files do not say where the images lie in the patient.")


def test_a_volume_goes_with_the_bytes_it_was_built_from(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(4, 16, 16))
    ready = volumes.built(1, actor=gallery.actor)
    assert isinstance(ready, Ready)
    clear_volumes(actor=gallery.actor)
    assert ready.folder.is_dir()

    removal.to_bin(Selection(series=(1,)), actor=gallery.actor)
    removal.empty_bin(actor=gallery.actor)
    clear_volumes(actor=gallery.actor)

    assert not ready.folder.exists()


def test_what_was_used_longest_ago_goes_first_and_what_is_looked_at_stays(tmp_path: Path) -> None:
    cache = VolumeCache(tmp_path, "1")
    kept = [_kept(cache, key, age) for key, age in (("old", 9000), ("older", 9500), ("new", 0))]

    cleared = cache.clear(150_000)

    assert cleared.items == 2
    assert [folder.exists() for folder in kept] == [False, False, True]


def test_what_an_interrupted_building_left_and_other_versions_built_goes(tmp_path: Path) -> None:
    cache = VolumeCache(tmp_path, "2")
    older = _kept(VolumeCache(tmp_path, "1"), "key", 0)
    left = cache.root / ".left"
    left.mkdir(parents=True)
    os.utime(left, (1, 1))

    cache.clear(1 << 40)

    assert not older.exists()
    assert not left.exists()


def _kept(cache: VolumeCache, key: str, age: float) -> Path:
    with cache.alone(key), cache.aside() as folder:
        (folder / "volume.json").write_text("{}")
        (folder / "slices.npy").write_bytes(b"x" * 100_000)
        kept = cache.keep(folder, key, ["ab" * 32])
    then = time.time() - age
    os.utime(kept / "volume.json", (then, then))
    return kept


def test_a_volume_that_cannot_be_built_is_given_up_in_words_and_tried_again_when_asked(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(4, 16, 16))
    gallery.work()
    blocked = _unwritable(gallery)

    waits = volumes.of(1, actor=gallery.actor)
    _work_through(gallery)
    tried = volumes.of(1, actor=gallery.actor)
    _work_through(gallery)
    _work_through(gallery)
    given_up = volumes.of(1, actor=gallery.actor)

    assert waits == Building(0, 4)
    assert isinstance(tried, Building)
    assert tried.trouble == "The last try failed; the gallery's log says more. It is tried again in a moment."
    assert given_up == Refused(
        "Building the volume was tried several times and failed; the gallery's log says more.", is_passing=True
    )
    assert gallery.work() == 0

    blocked.rmdir()
    volumes.try_again(1, actor=gallery.actor)
    assert volumes.of(1, actor=gallery.actor) == Building(0, 4)
    gallery.work()
    assert isinstance(volumes.of(1, actor=gallery.actor), Ready)


def test_a_failure_that_may_pass_is_forgotten_when_somebody_asks_again(gallery: Gallery) -> None:
    gallery.ingest(*synthetic.ct_series(4, 16, 16))
    ready = volumes.built(1, actor=gallery.actor)
    assert isinstance(ready, Ready)
    volumes.cache().forget(ready.key)
    volumes.cache().keep_failure(ready.key, CannotRenderError(RenderReason.TOO_SLOW, "It took too long."))

    assert volumes.of(1, actor=gallery.actor) == Refused("It took too long.", is_passing=True)
    volumes.try_again(1, actor=gallery.actor)
    assert volumes.of(1, actor=gallery.actor) == Building(0, 4)


def _unwritable(gallery: Gallery) -> Path:
    """See to it that the volume of the first series cannot be kept: a folder stands where its lock must be."""
    ready = volumes.built(1, actor=gallery.actor)
    assert isinstance(ready, Ready)
    volumes.cache().forget(ready.key)
    lock = volumes.cache().root / f".{ready.key}.lock"
    lock.unlink()
    lock.mkdir()
    return lock


def _work_through(gallery: Gallery) -> None:
    """Do what is due, and let the time pass that failed jobs wait."""
    gallery.work()
    with transaction() as session:
        session.execute(update(Job).values(run_after=None))
