"""What refers to what: kept when an object is prepared, gone when it is."""

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import delete, func, select, update

from dicomgallery.access import LOCAL_OWNER, Actor
from dicomgallery.catalog import instances, references
from dicomgallery.dicom import synthetic
from dicomgallery.errors import NotFoundError
from dicomgallery.imaging.spec import RenderSpec
from dicomgallery.models import Instance, Reference, Workspace, db, now, transaction
from dicomgallery.services import pictures, removal, upkeep
from dicomgallery.services.pictures import NoPicture, Picture
from dicomgallery.web.states import States
from tests.conftest import Gallery
from tests.presentation import item, sequence, state
from tests.services.scenery import blob_of, images

CT = synthetic.ct_series(2, 32, 32)
UID = CT[0].SOPInstanceUID


def ids_of(gallery: Gallery, *datasets: Dataset) -> list[int]:
    """Take files in and prepare them; their ids."""
    found = [outcome.instance_id for outcome in gallery.ingest(*datasets)]  # type: ignore[union-attr]
    gallery.work()
    db.session.rollback()
    return found


def report_on(image: Dataset) -> Dataset:
    """A report that speaks of an image, deep in its content."""
    made = synthetic.basic_report()
    seen = item(
        ValueType="IMAGE",
        RelationshipType="INFERRED FROM",
        ReferencedSOPSequence=sequence(
            item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
        ),
    )
    made.ContentSequence[0].ContentSequence = sequence(seen)
    return made


def test_what_refers_to_an_image_is_found_newest_first_and_by_its_kind(gallery: Gallery) -> None:
    _, _, report, one, other = ids_of(gallery, *CT, report_on(CT[0]), state(*CT), state(CT[0]))

    assert [found.id for found in references.of(gallery.scope, UID)] == [other, one, report]
    assert [found.kind for found in references.of(gallery.scope, UID)] == ["presentation", "presentation", "report"]
    assert [found.id for found in references.of(gallery.scope, UID, "report")] == [report]
    assert [found.id for found in references.of(gallery.scope, CT[1].SOPInstanceUID)] == [one]


def test_an_image_keeps_no_references_of_its_own(gallery: Gallery) -> None:
    derived = synthetic.ct_slice(9, rows=32, columns=32)
    derived.SourceImageSequence = sequence(item(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID=UID))
    ids_of(gallery, CT[0], derived)

    assert references.of(gallery.scope, UID) == []


def test_nobody_sees_what_refers_to_an_image_elsewhere(gallery: Gallery, stranger: Actor) -> None:
    ids_of(gallery, CT[0], state(CT[0]))

    assert references.of(stranger.scope, UID) == []


def test_what_came_before_references_were_kept_gets_them_with_its_new_pictures(gallery: Gallery) -> None:
    _, asked = ids_of(gallery, CT[0], state(CT[0]))
    with transaction() as session:
        session.execute(delete(Reference))
    assert references.of(gallery.scope, UID) == []

    upkeep.rebuild_pictures(actor=LOCAL_OWNER)
    gallery.work()

    assert [found.id for found in references.of(gallery.scope, UID)] == [asked]


def test_references_go_with_the_object_that_made_them(gallery: Gallery) -> None:
    _, asked = ids_of(gallery, CT[0], state(CT[0]))
    removal.to_bin(images([asked]), actor=LOCAL_OWNER)
    assert references.of(gallery.scope, UID) == []
    removal.empty_bin(actor=LOCAL_OWNER)
    gallery.work()

    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Reference)) == 0


def test_pictures_with_a_state_go_with_the_state(gallery: Gallery) -> None:
    image, asked, other = ids_of(gallery, CT[0], state(CT[0]), state(CT[0]))
    for spec in (RenderSpec(state=asked), RenderSpec(state=other), RenderSpec(width=64)):
        pictures.of(image, spec, actor=LOCAL_OWNER)
    assert pictures.cache().states() == {asked, other}

    removal.to_bin(images([asked]), actor=LOCAL_OWNER)
    removal.empty_bin(actor=LOCAL_OWNER)
    upkeep.clear_pictures(actor=LOCAL_OWNER)

    assert pictures.cache().states() == {other}
    assert pictures.cache().has(blob_of(image).name, RenderSpec(width=64).token())


def test_a_picture_with_a_state_is_for_those_who_may_see_both(gallery: Gallery, stranger: Actor) -> None:
    image, other, asked = ids_of(gallery, *CT, state(CT[0]))
    spec = RenderSpec(state=asked)

    assert isinstance(pictures.of(image, spec, actor=LOCAL_OWNER), Picture)
    refused = pictures.of(other, spec, actor=LOCAL_OWNER)
    assert isinstance(refused, NoPicture)
    assert refused.sentence == "This presentation state does not refer to this image."
    for actor, wanted in (
        (stranger, spec),
        (LOCAL_OWNER, RenderSpec(state=other)),
        (LOCAL_OWNER, RenderSpec(state=99)),
    ):
        with pytest.raises(NotFoundError):
            pictures.of(image, wanted, actor=actor)


def test_a_state_of_another_workspace_is_not_offered_to_who_sees_both(gallery: Gallery) -> None:
    image, asked = ids_of(gallery, CT[0], state(CT[0]))
    shown = instances.by_id(LOCAL_OWNER.scope, image)
    assert [one.id for one in States(LOCAL_OWNER, shown).choices] == [asked]

    with transaction() as session:
        session.add(Workspace(id=2, name="Other", created_at=now()))
        session.flush()
        session.execute(update(Instance).where(Instance.id == asked).values(workspace_id=2))

    shown = instances.by_id(LOCAL_OWNER.scope, image)
    with pytest.raises(NotFoundError):
        pictures.of(image, RenderSpec(state=asked), actor=LOCAL_OWNER)
    assert list(States(LOCAL_OWNER, shown, asked).choices) == []
    assert list(States(LOCAL_OWNER, shown).referrers) == []
