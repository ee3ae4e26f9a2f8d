"""What is wrong is found, what can be is mended, what nobody needs is swept."""

import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update

from dicomgallery import settings
from dicomgallery.access import LOCAL_OWNER, SYSTEM, Actor
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ForbiddenError
from dicomgallery.imaging.spec import FULL, THUMBNAIL
from dicomgallery.jobs.runner import DUTIES
from dicomgallery.models import (
    AuditEvent,
    Change,
    FacetCount,
    Instance,
    Job,
    Patient,
    Series,
    Study,
    db,
    now,
    transaction,
)
from dicomgallery.services import pictures, removal, upkeep
from dicomgallery.services.pictures import Picture
from dicomgallery.services.upkeep import Findings, Kind
from tests.conftest import Gallery
from tests.services.scenery import blob_of, counts, everything, images, with_settings


@pytest.fixture
def ids(gallery: Gallery) -> list[int]:
    outcomes = gallery.ingest(*synthetic.ct_series(3, 32, 32), *synthetic.mr_series(2, 32, 32))
    gallery.work()
    return [outcome.instance_id for outcome in outcomes]  # type: ignore[union-attr]


def look() -> Findings:
    return upkeep.verify(actor=SYSTEM, older_than_seconds=0)


def wrong() -> dict[Kind, int]:
    return {kind: len(found) for kind, found in look().wrong.items() if found}


def stray(data: bytes = b"stray", seconds: float = 0) -> Path:
    name = hashlib.sha256(data).hexdigest()
    path = settings.current().data / "blobs" / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - seconds,) * 2)
    return path


def test_a_sound_gallery_is_clean(gallery: Gallery, ids: list[int]) -> None:
    found = look()

    assert found.is_clean
    assert (found.instances, found.blobs, found.arriving) == (5, 5, 0)


def test_a_row_whose_bytes_are_gone_is_found_and_whole_again_when_they_are_sent_again(
    gallery: Gallery, ids: list[int]
) -> None:
    path = blob_of(ids[0])
    data = path.read_bytes()
    path.unlink()
    assert look().wrong[Kind.ROWS_WITHOUT_BLOBS] == [f"instance:{ids[0]}"]
    upkeep.repair(look(), actor=SYSTEM)
    assert wrong() == {Kind.ROWS_WITHOUT_BLOBS: 1}

    gallery.ingest(data)

    assert wrong() == {}


def test_bytes_that_changed_are_set_aside_so_that_the_right_ones_can_come(gallery: Gallery, ids: list[int]) -> None:
    path = blob_of(ids[0])
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"!")
    found = look()
    assert {kind for kind in Kind if found.wrong[kind]} == {Kind.WRONG_HASHES}

    mended = upkeep.repair(found, actor=SYSTEM)

    assert mended.blobs_set_aside == 1
    assert (gallery.settings.data / "damaged" / path.name).read_bytes().endswith(b"!")
    gallery.ingest(data)
    gallery.work()
    assert path.read_bytes() == data
    assert isinstance(pictures.of(ids[0], FULL, actor=LOCAL_OWNER), Picture)


def test_stray_bytes_are_found_once_they_are_old_and_swept(gallery: Gallery, ids: list[int]) -> None:
    old, young = stray(b"old", 7200), stray(b"young!", 60)
    found = upkeep.verify(actor=SYSTEM)
    assert found.wrong[Kind.BLOBS_WITHOUT_ROWS] == [old.name]
    assert found.arriving == 1

    assert upkeep.repair(found, actor=SYSTEM).blobs_removed == 1

    assert not old.exists()
    assert young.exists()
    assert not upkeep.verify(actor=SYSTEM).wrong[Kind.BLOBS_WITHOUT_ROWS]


def test_a_missing_thumbnail_is_found_and_made_again(gallery: Gallery, ids: list[int]) -> None:
    pictures.cache().path(blob_of(ids[1]).name, THUMBNAIL.token()).unlink()
    with transaction() as session:
        session.execute(update(Instance).where(Instance.id == ids[2]).values(render_state="pending"))
    found = look()
    assert found.wrong[Kind.MISSING_PICTURES] == [f"instance:{ids[1]}", f"instance:{ids[2]}"]

    assert upkeep.repair(found, actor=SYSTEM).pictures == 2

    assert wrong() == {}, "a job is on its way"
    gallery.work()
    assert wrong() == {}
    assert db.session.scalars(select(Instance.render_state)).all() == ["ready"] * 5


def test_thumbnails_that_the_limit_took_are_no_fault(gallery: Gallery, ids: list[int]) -> None:
    for path in pictures.cache().root.rglob("*.jpg"):
        os.utime(path, (time.time() - 500,) * 2)
    with with_settings(gallery, picture_cache_bytes=1):
        assert upkeep.clear_pictures(actor=SYSTEM).items == 5

        assert wrong() == {}
        assert isinstance(pictures.of(ids[0], THUMBNAIL, actor=LOCAL_OWNER), Picture)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (update(Series).values(instance_count=9), 5),
        (update(Series).values(size_bytes=1), 5),
        (update(Series).values(frame_count=0), 2),
        (update(Study).values(series_count=7), 4),
        (update(Patient).values(study_count=0), 2),
        (update(FacetCount).values(count=42), 1),
        (delete(FacetCount), 1),
    ],
)
def test_a_wrong_count_is_found_and_mended(gallery: Gallery, ids: list[int], statement: object, found: int) -> None:
    before = counts()
    with transaction() as session:
        session.execute(statement)  # type: ignore[call-overload]
    wrong_ones = look().wrong[Kind.WRONG_COUNTERS]
    assert 1 <= len(wrong_ones) <= found + 2

    upkeep.repair(look(), actor=SYSTEM)

    assert wrong() == {}
    assert counts() == before


def test_every_fault_at_once_is_told_apart(gallery: Gallery, ids: list[int]) -> None:
    blob_of(ids[0]).unlink()
    blob_of(ids[1]).write_bytes(b"changed")
    stray(seconds=10)
    pictures.cache().forget(blob_of(ids[2]).name)
    with transaction() as session:
        session.execute(update(Patient).values(series_count=5))

    found = look()

    assert all(found.wrong[kind] for kind in Kind)
    fields = found.as_fields()
    assert fields["clean"] is False
    assert fields["wrong"]["rows_without_blobs"] == {"count": 1, "first": [f"instance:{ids[0]}"]}
    assert all(kind.words for kind in Kind)


def test_looking_without_contents_reads_no_file(gallery: Gallery, ids: list[int]) -> None:
    blob_of(ids[0]).write_bytes(b"changed")

    assert upkeep.verify(actor=SYSTEM, with_contents=False).is_clean


def test_leftovers_of_interrupted_arrivals_are_swept_when_nobody_writes_to_them(gallery: Gallery) -> None:
    folder = gallery.settings.data / "tmp"
    for name in ("file", "folder", "busy"):
        (folder / name).write_bytes(b"x") if name == "file" else (folder / name).mkdir()
    (folder / "folder" / "member").write_bytes(b"x")
    (folder / "busy" / "member").write_bytes(b"x")
    for path in (folder / "file", folder / "folder", folder / "folder" / "member", folder / "busy"):
        os.utime(path, (time.time() - 7200,) * 2)

    assert upkeep.sweep(actor=SYSTEM).temporary == 2

    assert [path.name for path in folder.iterdir()] == ["busy"]


def test_old_notices_and_finished_jobs_go_and_young_ones_stay(gallery: Gallery, ids: list[int]) -> None:
    with transaction() as session:
        session.execute(update(Change).where(Change.id == 1).values(at=now() - timedelta(days=8)))
        long_ago = now() - timedelta(days=8)
        for state, at in (("done", long_ago), ("failed", long_ago), ("done", now()), ("queued", None)):
            row = {"name": "old", "state": state, "created_at": long_ago, "finished_at": at}
            session.execute(insert(Job), [row])

    swept = upkeep.sweep(actor=SYSTEM)

    assert (swept.changes, swept.jobs) == (1, 1)
    assert db.session.scalar(select(func.count(Job.id)).where(Job.name == "old")) == 3


def test_pictures_go_with_the_blob_they_show(gallery: Gallery, ids: list[int]) -> None:
    name = blob_of(ids[0]).name
    assert name in pictures.cache().blobs()
    removal.to_bin(images(ids[:1]), actor=LOCAL_OWNER)
    removal.empty_bin(actor=LOCAL_OWNER)

    upkeep.sweep(actor=SYSTEM, older_than_seconds=-1)

    assert name not in pictures.cache().blobs()
    assert len(list(pictures.cache().blobs())) == 4


def test_pictures_without_an_image_are_cleared(gallery: Gallery, ids: list[int]) -> None:
    pictures.cache().keep("ab" * 32, "native.png", b"of something long gone")

    upkeep.clear_pictures(actor=SYSTEM)

    assert len(list(pictures.cache().blobs())) == 5
    assert "ab" * 32 not in pictures.cache().blobs()


def test_all_pictures_can_be_made_again(gallery: Gallery, ids: list[int]) -> None:
    gallery.ingest(synthetic.basic_report())
    gallery.work()

    assert upkeep.rebuild_pictures(actor=SYSTEM) == 6

    db.session.rollback()
    assert not list(pictures.cache().blobs())
    assert sorted(db.session.scalars(select(Instance.render_state))) == ["none"] + ["pending"] * 5
    gallery.work()
    assert wrong() == {}


def test_statistics_count_what_there_is(gallery: Gallery, ids: list[int]) -> None:
    removal.to_bin(images(ids[:1]), actor=LOCAL_OWNER)

    counted = upkeep.statistics(actor=LOCAL_OWNER)

    assert (counted.patients, counted.studies, counted.series, counted.images, counted.in_bin) == (2, 2, 2, 4, 1)
    assert counted.image_bytes == counts()["series"][2]
    assert counted.bin_bytes > 0
    assert counted.picture_cache_bytes > 5000
    assert counted.jobs_waiting == counted.pictures_pending == 0


def test_upkeep_is_for_who_may(gallery: Gallery, onlooker: Actor) -> None:
    clear = (upkeep.clear_pictures, upkeep.clear_volumes, upkeep.clear_metadata, upkeep.clear_exports)
    for deed in (upkeep.verify, upkeep.sweep, *clear, upkeep.rebuild_pictures, upkeep.statistics):
        with pytest.raises(ForbiddenError):
            deed(actor=onlooker)


def test_upkeep_asks_for_itself_and_leaves_its_trace(gallery: Gallery, ids: list[int]) -> None:
    assert {name for name, duty in DUTIES.items() if duty.every} == {
        "sweep",
        "clear-pictures",
        "clear-volumes",
        "clear-metadata",
        "clear-exports",
        "sweep-edit-plans",
        "empty-bin",
        "bin-old-studies",
    }
    assert "prepare" in DUTIES
    stray(seconds=7200)
    removal.to_bin(everything(), actor=LOCAL_OWNER)
    upkeep.sweep(actor=SYSTEM)

    swept = db.session.execute(select(AuditEvent.actor_id, AuditEvent.detail).where(AuditEvent.event == "blobs_swept"))
    assert swept.all() == [("system", '{"blobs": 1, "size_bytes": 5}')]
