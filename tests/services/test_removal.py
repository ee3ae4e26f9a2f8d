"""The bin: deleting, undoing, emptying."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from dicomgallery.access import LOCAL_OWNER, SYSTEM, Actor
from dicomgallery.catalog import instances as catalog_instances
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ForbiddenError, NotFoundError
from dicomgallery.jobs.runner import JobContext
from dicomgallery.models import (
    AuditEvent,
    Base,
    BinDeed,
    Change,
    CollectionMember,
    Instance,
    Patient,
    ReceiptLine,
    Series,
    SeriesText,
    SeriesWord,
    Study,
    db,
    now,
    transaction,
)
from dicomgallery.services import collecting, removal, upkeep
from tests.conftest import Gallery
from tests.services.scenery import blob_of, counts, everything, images, with_settings


def rows(model: type[Base]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def ids_of(gallery: Gallery, *datasets: object) -> list[int]:
    return [outcome.instance_id for outcome in gallery.ingest(*datasets)]  # type: ignore[union-attr, arg-type]


def is_sound() -> bool:
    return upkeep.verify(actor=SYSTEM, older_than_seconds=0).wrong[upkeep.Kind.WRONG_COUNTERS] == []


def test_what_is_deleted_leaves_the_gallery_and_comes_back_whole(gallery: Gallery) -> None:
    ids_of(gallery, *synthetic.ct_series(3, 32, 32), *synthetic.mr_series(2, 32, 32))
    before = counts()

    deed = removal.to_bin(everything(), actor=LOCAL_OWNER)

    assert deed.instance_count == 5
    assert gallery.instance_count() == 0
    assert not any(any(values) for values in counts().values())
    assert is_sound()

    restored = removal.restore(deed.id, actor=LOCAL_OWNER)

    assert (restored.count, restored.still_replaced) == (5, 0)
    assert counts() == before
    assert is_sound()
    assert rows(BinDeed) == 0


def test_part_of_a_series_can_go_and_the_rest_is_counted(gallery: Gallery) -> None:
    first, *_ = ids_of(gallery, *synthetic.ct_series(3, 32, 32))

    removal.to_bin(images([first]), actor=LOCAL_OWNER)

    assert counts()["series"][:2] == (2, 2)
    assert counts()["patients"] == (1, 1, 2)
    assert counts()["facets"][0] > 0
    assert db.session.scalars(select(Series.cover_id)).one() != first
    assert is_sound()


def test_open_pages_are_told_what_came_and_went(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    first = removal.to_bin(images(ids[:1]), actor=LOCAL_OWNER)
    removal.to_bin(images(ids[1:]), actor=LOCAL_OWNER)
    removal.restore(first.id, actor=LOCAL_OWNER)

    assert db.session.scalars(select(Change.kind).order_by(Change.id)).all() == [
        "added",
        "pictured",
        "removed",
        "added",
    ]


def test_each_deed_is_undone_by_itself(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(4, 32, 32))
    one = removal.to_bin(images(ids[:2]), actor=LOCAL_OWNER)
    other = removal.to_bin(images(ids), actor=LOCAL_OWNER)
    assert (one.instance_count, other.instance_count) == (2, 2)

    removal.restore(one.id, actor=LOCAL_OWNER)

    assert catalog_instances.visible_ids(LOCAL_OWNER.scope, ids) == ids[:2]
    with pytest.raises(NotFoundError):
        removal.restore(one.id, actor=LOCAL_OWNER)


def test_nothing_selected_is_no_deed(gallery: Gallery) -> None:
    with pytest.raises(NotFoundError):
        removal.to_bin(images([12345]), actor=LOCAL_OWNER)

    assert rows(BinDeed) == 0


def test_only_who_may_delete_does_and_only_in_their_own_place(
    gallery: Gallery, onlooker: Actor, stranger: Actor
) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(1, 32, 32))
    with pytest.raises(ForbiddenError):
        removal.to_bin(images(ids), actor=onlooker)
    with pytest.raises(NotFoundError):
        removal.to_bin(images(ids), actor=stranger)
    deed = removal.to_bin(images(ids), actor=LOCAL_OWNER)

    with pytest.raises(ForbiddenError):
        removal.empty_bin(actor=onlooker)
    with pytest.raises(NotFoundError):
        removal.restore(deed.id, actor=stranger)
    assert removal.empty_bin(actor=stranger) == 0

    assert removal.restore(deed.id, actor=LOCAL_OWNER).count == 1


def test_emptying_leaves_nothing_but_receipts_and_the_blob_for_the_sweeper(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    gallery.work()
    collection = collecting.create("Kept", actor=LOCAL_OWNER)
    collecting.add(collection.id, images(ids), actor=LOCAL_OWNER)
    blob = blob_of(ids[0])
    removal.to_bin(everything(), actor=LOCAL_OWNER)

    assert removal.empty_bin(actor=LOCAL_OWNER) == 2

    for model in (Instance, Series, SeriesText, SeriesWord, Study, Patient, CollectionMember, BinDeed):
        assert rows(model) == 0, model
    assert rows(ReceiptLine) == 2
    assert blob.exists()
    assert upkeep.sweep(actor=SYSTEM, older_than_seconds=-1).blobs == 2
    assert not blob.exists()


def test_only_what_lay_long_enough_is_emptied(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    old = removal.to_bin(images(ids[:1]), actor=LOCAL_OWNER)
    removal.to_bin(images(ids[1:]), actor=LOCAL_OWNER)
    with transaction() as session:
        session.execute(
            update(Instance).where(Instance.bin_deed_id == old.id).values(binned_at=now() - timedelta(days=31))
        )

    removal.empty_old(JobContext(0))

    assert db.session.scalars(select(Instance.id)).all() == ids[1:]


def test_a_replaced_version_goes_with_the_one_that_replaced_it(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, 32, 32)[0]
    (first,) = ids_of(gallery, dataset)
    dataset.SeriesDescription = "changed"
    (second,) = ids_of(gallery, dataset)
    assert [one.id for one in catalog_instances.history(LOCAL_OWNER.scope, second)] == [second, first]

    removal.to_bin(images([second]), actor=LOCAL_OWNER)
    removal.empty_bin(actor=LOCAL_OWNER)

    assert rows(Instance) == rows(Series) == rows(Patient) == 0


def test_what_was_replaced_while_in_the_bin_comes_back_as_replaced_and_says_so(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, 32, 32)[0]
    (first,) = ids_of(gallery, dataset)
    deed = removal.to_bin(images([first]), actor=LOCAL_OWNER)
    dataset.SeriesDescription = "changed"
    (second,) = ids_of(gallery, dataset)

    restored = removal.restore(deed.id, actor=LOCAL_OWNER)

    assert (restored.count, restored.still_replaced) == (1, 1)
    assert catalog_instances.visible_ids(LOCAL_OWNER.scope, [first, second]) == [second]
    assert [one.id for one in catalog_instances.history(LOCAL_OWNER.scope, second)] == [second, first]
    assert counts()["series"][0] == 1
    assert is_sound()


def test_what_was_replaced_comes_back_as_current_when_its_successor_is_gone(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, 32, 32)[0]
    (first,) = ids_of(gallery, dataset)
    deed = removal.to_bin(images([first]), actor=LOCAL_OWNER)
    dataset.SeriesDescription = "changed"
    (second,) = ids_of(gallery, dataset)
    removal.to_bin(images([second]), actor=LOCAL_OWNER)
    with transaction() as session:
        session.execute(update(Instance).where(Instance.id == second).values(binned_at=now() - timedelta(days=9)))
    assert removal.empty_bin(actor=LOCAL_OWNER, older_than=timedelta(days=5)) == 1

    assert removal.restore(deed.id, actor=LOCAL_OWNER).still_replaced == 0
    assert catalog_instances.visible_ids(LOCAL_OWNER.scope, [first]) == [first]
    assert is_sound()


def test_the_bytes_sent_again_bring_the_image_back_and_end_the_deed(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, 32, 32)[0]
    (first,) = ids_of(gallery, dataset)
    deed = removal.to_bin(images([first]), actor=LOCAL_OWNER)

    assert ids_of(gallery, dataset) == [first]
    assert gallery.instance_count() == 1
    upkeep.sweep(actor=SYSTEM)

    with pytest.raises(NotFoundError):
        removal.restore(deed.id, actor=LOCAL_OWNER)
    assert is_sound()


def test_more_than_one_transaction_holds_is_one_deed(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "BATCH", 3)
    ids_of(gallery, *synthetic.ct_series(8, 32, 32))
    before = counts()

    deed = removal.to_bin(everything(), actor=LOCAL_OWNER)
    assert deed.instance_count == 8
    assert removal.restore(deed.id, actor=LOCAL_OWNER).count == 8
    assert counts() == before
    removal.to_bin(everything(), actor=LOCAL_OWNER)
    assert removal.empty_bin(actor=LOCAL_OWNER) == 8
    assert rows(Instance) == rows(Series) == 0


def test_old_studies_move_to_the_bin_unless_they_are_pinned(gallery: Gallery) -> None:
    ids = ids_of(gallery, *synthetic.ct_series(1, 32, 32), *synthetic.mr_series(1, 32, 32))
    kept = db.session.scalars(select(Study).where(Study.modalities == "MR")).one()
    assert removal.leaves_at(kept) is None
    removal.pin(kept.id, actor=LOCAL_OWNER)
    with transaction() as session:
        session.execute(update(Study).values(received_at=now() - timedelta(days=8)))
    removal.bin_old_studies(JobContext(0))
    assert gallery.instance_count() == 2, "nothing goes by itself unless the settings say so"

    with with_settings(gallery, keep_days=7):
        removal.bin_old_studies(JobContext(0))
        db.session.expire_all()
        leaves = removal.leaves_at(db.session.scalars(select(Study).where(Study.id != kept.id)).one())
        assert leaves is not None
        assert leaves < now()

    assert catalog_instances.visible_ids(LOCAL_OWNER.scope, ids) == ids[1:]
    removal.unpin(kept.id, actor=LOCAL_OWNER)
    with with_settings(gallery, keep_days=7):
        removal.bin_old_studies(JobContext(0))
    assert gallery.instance_count() == 0


def test_every_deed_leaves_its_trace_without_a_name(gallery: Gallery) -> None:
    ids_of(gallery, *synthetic.ct_series(2, 32, 32))
    deed = removal.to_bin(everything(), actor=LOCAL_OWNER)
    removal.restore(deed.id, actor=LOCAL_OWNER)
    removal.to_bin(Selection(studies=tuple(db.session.scalars(select(Study.id)))), actor=LOCAL_OWNER)
    removal.empty_bin(actor=LOCAL_OWNER)

    events = db.session.execute(select(AuditEvent.event, AuditEvent.detail).order_by(AuditEvent.id)).all()

    assert [event for event, _ in events[1:]] == [
        "instances_binned",
        "instances_restored",
        "instances_binned",
        "bin_emptied",
    ]
    assert all(detail == '{"instances": 2}' for _, detail in events)
