"""Collections: named sets of files."""

import unicodedata

import pytest
from sqlalchemy import func, select

from dicomgallery.access import LOCAL_OWNER, Actor
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from dicomgallery.models import Collection, CollectionMember, Receipt, db
from dicomgallery.services import collecting, removal
from tests.conftest import Gallery
from tests.services.scenery import everything, images


def names(collection_id: int) -> dict[str, int]:
    db.session.rollback()
    query = select(CollectionMember.file_name, CollectionMember.instance_id)
    return {row[0]: row[1] for row in db.session.execute(query.where(CollectionMember.collection_id == collection_id))}


def test_any_text_is_a_name_and_stays_text(gallery: Gallery) -> None:
    for name in ("../../etc/passwd", "研究", "x" * 1000, "a/b", "<script>", " spaced "):
        assert collecting.create(name, actor=LOCAL_OWNER).name == name


def test_a_name_is_kept_composed_and_taken_in_every_spelling(gallery: Gallery) -> None:
    made = collecting.create(unicodedata.normalize("NFD", "Käse"), actor=LOCAL_OWNER)

    assert made.name == unicodedata.normalize("NFC", "Käse")
    with pytest.raises(ConflictError):
        collecting.create("Käse", actor=LOCAL_OWNER)
    collecting.create("käse", actor=LOCAL_OWNER)


@pytest.mark.parametrize("name", ["", "  ", "x" * 1001])
def test_no_name_and_too_long_a_name_are_refused(gallery: Gallery, name: str) -> None:
    with pytest.raises(RefusedError):
        collecting.create(name, actor=LOCAL_OWNER)


def test_a_collection_can_have_another_name_but_not_one_that_is_taken(gallery: Gallery) -> None:
    one, other = (collecting.create(name, actor=LOCAL_OWNER).id for name in ("one", "other"))

    assert collecting.rename(one, "first", actor=LOCAL_OWNER).name == "first"
    assert collecting.rename(one, "first", actor=LOCAL_OWNER).name == "first"
    with pytest.raises(ConflictError):
        collecting.rename(other, "first", actor=LOCAL_OWNER)


def test_files_are_called_as_they_came_without_their_folders_and_never_twice(gallery: Gallery) -> None:
    slices = [synthetic.as_bytes(dataset) for dataset in synthetic.ct_series(5, 32, 32)]
    paths = ["a/IM1.dcm", "b/IM1.dcm", "c\\IM1.dcm", "d/IM1 (2).dcm", "plain"]
    ids = [outcome.instance_id for outcome in gallery.ingest(*zip(paths, slices, strict=True))]  # type: ignore[union-attr]
    made = collecting.create("all", actor=LOCAL_OWNER)

    added = collecting.add(made.id, everything(), actor=LOCAL_OWNER)

    assert (added.added, added.already_there) == (5, 0)
    assert names(made.id) == {
        "IM1.dcm": ids[0],
        "IM1 (2).dcm": ids[1],
        "IM1 (3).dcm": ids[2],
        "IM1 (2) (2).dcm": ids[3],
        "plain": ids[4],
    }
    again = collecting.add(made.id, everything(), actor=LOCAL_OWNER)
    assert (again.added, again.already_there) == (0, 5)


def test_taking_out_and_deleting_leave_the_files_in_the_gallery(gallery: Gallery) -> None:
    gallery.receive(*synthetic.ct_series(3, 32, 32), collection="mine")
    made = db.session.scalars(select(Collection.id)).one()
    assert db.session.scalars(select(Receipt.collection_id)).one() == made
    first = min(names(made).values())

    assert collecting.take_out(made, images([first]), actor=LOCAL_OWNER) == 1
    assert len(names(made)) == 2
    collecting.remove(made, actor=LOCAL_OWNER)

    assert gallery.instance_count() == 3
    assert db.session.scalar(select(func.count()).select_from(CollectionMember)) == 0
    assert db.session.scalars(select(Receipt.collection_id)).one() is None
    with pytest.raises(NotFoundError):
        collecting.remove(made, actor=LOCAL_OWNER)


def test_what_lies_in_the_bin_is_not_collected(gallery: Gallery) -> None:
    ids = [outcome.instance_id for outcome in gallery.ingest(*synthetic.ct_series(2, 32, 32))]  # type: ignore[union-attr]
    removal.to_bin(images(ids[:1]), actor=LOCAL_OWNER)
    made = collecting.create("rest", actor=LOCAL_OWNER)

    assert collecting.add(made.id, images(ids), actor=LOCAL_OWNER).added == 1


def test_a_collection_is_its_workspace_s_and_needs_the_right_to_edit(
    gallery: Gallery, onlooker: Actor, stranger: Actor
) -> None:
    made = collecting.create("mine", actor=LOCAL_OWNER)

    with pytest.raises(ForbiddenError):
        collecting.rename(made.id, "yours", actor=onlooker)
    with pytest.raises(NotFoundError):
        collecting.rename(made.id, "yours", actor=stranger)
