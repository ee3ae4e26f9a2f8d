"""Bytes that come back: from the bin, and after something else took their place."""

from sqlalchemy import select, update

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.ingest.incoming import Origin
from dicomgallery.ingest.outcome import Duplicate
from dicomgallery.models import CollectionMember, Instance, db, transaction
from dicomgallery.services import receiving, removal
from tests.conftest import Gallery


def test_bytes_that_lie_in_the_bin_are_brought_back(gallery: Gallery) -> None:
    data = synthetic.as_bytes(synthetic.ct_series(1, rows=16, columns=16)[0])
    [first] = gallery.ingest(data)
    removal.to_bin(Selection(images=(first.instance_id,)), actor=gallery.actor)
    assert gallery.instance_count() == 0

    [again] = gallery.ingest(data)

    assert again == Duplicate("file-1.dcm", first.instance_id, restored=True)
    assert gallery.instance_count() == 1


def test_a_version_replaced_while_in_the_bin_comes_back_to_the_history(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, rows=16, columns=16)[0]
    old = synthetic.as_bytes(dataset)
    [first] = gallery.ingest(old)
    removal.to_bin(Selection(images=(first.instance_id,)), actor=gallery.actor)
    dataset.SeriesDescription = "corrected"
    [second] = gallery.ingest(dataset)

    [again] = gallery.ingest(old)

    assert again == Duplicate("file-1.dcm", first.instance_id, restored=False)
    current = db.session.scalars(select(Instance.id).where(Instance.is_current)).all()
    assert current == [second.instance_id]


def test_a_version_that_nothing_stands_for_any_more_is_current_again(gallery: Gallery) -> None:
    data = synthetic.as_bytes(synthetic.ct_series(1, rows=16, columns=16)[0])
    [first] = gallery.ingest(data)
    removal.to_bin(Selection(images=(first.instance_id,)), actor=gallery.actor)
    with transaction() as session:
        session.execute(update(Instance).values(is_current=False))

    [again] = gallery.ingest(data)

    assert again == Duplicate("file-1.dcm", first.instance_id, restored=True)
    assert gallery.instance_count() == 1


def test_a_sender_learns_what_it_need_not_send(gallery: Gallery) -> None:
    one, two = (synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(2, rows=16, columns=16))
    [first] = gallery.ingest(one)
    held = db.session.get_one(Instance, first.instance_id).blob_sha256
    other = "0" * 64

    assert receiving.missing([held, other], actor=gallery.actor) == [other]
    report = receiving.enter_known(
        [("a/one", held, len(one)), ("a/two", other, len(two))], actor=gallery.actor, origin=Origin.FORM
    )

    assert report.outcomes == [Duplicate("a/one", first.instance_id)]


def test_a_name_in_a_collection_stands_for_what_replaced_its_file(gallery: Gallery) -> None:
    dataset = synthetic.ct_series(1, rows=16, columns=16)[0]
    gallery.receive(("slice", dataset), collection="kept")
    dataset.SeriesDescription = "corrected"

    [second] = gallery.ingest(("elsewhere", dataset))

    members = db.session.execute(select(CollectionMember.file_name, CollectionMember.instance_id)).all()
    assert [tuple(member) for member in members] == [("slice", second.instance_id)]
