"""Tags edited from plan to undo: new files in the place of their sources, and these back with the same bytes."""

import hashlib
import io
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from sqlalchemy import select, update

from dicomgallery.access import Actor
from dicomgallery.catalog import instances, search
from dicomgallery.catalog.query import parse
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.editing.edits import Deed, Edit
from dicomgallery.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.jobs.runner import JobContext
from dicomgallery.models import (
    AuditEvent,
    EditLine,
    EditPlan,
    Instance,
    Mark,
    Patient,
    Series,
    Study,
    db,
    now,
    transaction,
)
from dicomgallery.services import editing, removal
from dicomgallery.services.editing import Identity, Reach, plans
from tests.conftest import Gallery
from tests.marking import drawn
from tests.services.scenery import blob_of, counts


def _received(gallery: Gallery, *files: Dataset) -> list[int]:
    found = [one.instance_id for one in gallery.ingest(*files) if isinstance(one, Accepted)]
    gallery.work()
    return found


def _put(path: str, value: str) -> Edit:
    return Edit.of(Deed.SET, path, "", value)


def _apply(gallery: Gallery, base: int, reach: Reach, *edits: Edit, identity: Identity = Identity.INSTANCE) -> int:
    plan = editing.begin(base, reach, actor=gallery.actor)
    editing.settle(plan, reach, identity, actor=gallery.actor)
    for edit in edits:
        editing.add(plan, edit, actor=gallery.actor)
    seen = editing.review(plan, actor=gallery.actor).seen
    editing.start(plan, seen=seen, confirmed=True, actor=gallery.actor)
    gallery.work()
    db.session.rollback()
    return plan


def _current(gallery: Gallery, instance_id: int) -> Instance:
    db.session.rollback()
    return next(one for one in instances.history(gallery.scope, instance_id) if one.is_current)


def _read(instance_id: int) -> Dataset:
    return dcmread(io.BytesIO(blob_of(instance_id).read_bytes()))


def test_an_edited_file_takes_the_place_of_its_source_with_a_new_uid(gallery: Gallery) -> None:
    (one,) = _received(gallery, synthetic.ct_series(1, 16, 16)[0])
    _apply(gallery, one, Reach.INSTANCE, _put("SeriesDescription", "Corrected"))

    new = _current(gallery, one)
    assert (new.id, new.replaces_id, new.origin) == (new.id, one, "editor")
    assert new.sop_uid.startswith("2.25.")
    assert _read(new.id).SeriesDescription == "Corrected"
    assert _read(new.id).PixelData == _read(one).PixelData
    assert db.session.scalars(select(Series.description)).one() == "Corrected"
    assert gallery.instance_count() == 1
    events = db.session.scalars(select(AuditEvent.event)).all()
    assert {"edit_asked", "edit_done"} <= set(events)


def test_undo_brings_back_the_same_bytes_and_redo_what_was_edited(gallery: Gallery) -> None:
    (one,) = _received(gallery, synthetic.ct_series(1, 16, 16)[0])
    before, shown = hashlib.sha256(blob_of(one).read_bytes()).hexdigest(), counts()
    _apply(gallery, one, Reach.INSTANCE, _put("PatientName", "Somebody^Else"))
    edited = _current(gallery, one)
    editing.restore(one, actor=gallery.actor)

    back = _current(gallery, one)
    assert (back.id, back.blob_sha256) == (one, before)
    assert hashlib.sha256(blob_of(one).read_bytes()).hexdigest() == before
    assert [version.id for version in instances.history(gallery.scope, one)] == [one, edited.id]
    assert counts() == shown
    editing.restore(edited.id, actor=gallery.actor)
    assert _current(gallery, one).id == edited.id
    with pytest.raises(ConflictError):
        editing.restore(edited.id, actor=gallery.actor)


def test_an_edit_of_what_was_restored_keeps_every_version_in_the_history(gallery: Gallery) -> None:
    (one,) = _received(gallery, synthetic.ct_series(1, 16, 16)[0])
    _apply(gallery, one, Reach.INSTANCE, _put("PatientName", "B"))
    second = _current(gallery, one).id
    editing.restore(one, actor=gallery.actor)
    _apply(gallery, one, Reach.INSTANCE, _put("PatientName", "C"))

    assert [version.id for version in instances.history(gallery.scope, one)] == [
        _current(gallery, one).id, one, second,
    ]  # fmt: skip


def test_a_patient_edited_through_a_whole_study_is_renamed_and_found_under_the_new_name_alone(
    gallery: Gallery,
) -> None:
    files = synthetic.ct_series(3, 16, 16)
    for file in files:
        file.PatientName, file.PatientID = "Wrong^Name", "W1"
    first, *_ = _received(gallery, *files)
    _apply(gallery, first, Reach.STUDY, _put("PatientName", "Right^Name"), _put("PatientID", "R1"))
    gallery.work()

    db.session.rollback()
    patient = db.session.scalars(select(Patient).where(Patient.instance_count > 0)).one()
    assert (patient.name, patient.patient_id, patient.instance_count) == ("Right^Name", "R1", 3)
    assert not db.session.scalars(select(Study.patient_differs)).one()
    assert _found(gallery, "Right") == 1
    assert _found(gallery, "Wrong") == 0
    assert _found(gallery, "PatientName=Wrong") == 0
    assert _found(gallery, "PatientName=Right") == 1


def _found(gallery: Gallery, text: str) -> int:
    return search.count(gallery.scope, parse({"q": [text]})).number


def test_a_patient_of_two_studies_is_renamed_when_both_say_so(gallery: Gallery) -> None:
    files = [synthetic.ct_series(1, 16, 16)[0], synthetic.dx_image(16, 16)]
    for file in files:
        file.PatientName, file.PatientID = "Wrong^Name", "W1"
    first, _ = _received(gallery, *files)
    _apply(gallery, first, Reach.STUDY, _put("PatientName", "Right^Name"))
    assert db.session.scalars(select(Patient.name)).one() == "Wrong^Name"
    _apply(gallery, _current(gallery, first).id, Reach.PATIENT, _put("PatientName", "Right^Name"))

    assert db.session.scalars(select(Patient.name)).one() == "Right^Name"


def test_a_part_of_a_study_that_says_another_patient_is_told(gallery: Gallery) -> None:
    first, *_ = _received(gallery, *synthetic.ct_series(2, 16, 16))
    _apply(gallery, first, Reach.INSTANCE, _put("PatientID", "OTHER"))

    assert db.session.scalars(select(Study.patient_differs)).one()


def test_references_inside_the_reach_follow_and_those_outside_are_told(gallery: Gallery) -> None:
    image = synthetic.ct_series(1, 16, 16)[0]
    state = synthetic.ct_series(1, 16, 16)[0]
    for keyword in ("PixelData", "Rows", "Columns"):
        delattr(state, keyword)
    state.SOPClassUID = "1.2.840.10008.5.1.4.1.1.11.1"
    state.SOPInstanceUID = "1.2.3.999"
    state.SeriesInstanceUID, state.Modality = "1.2.3.99", "PR"
    reference, series = Dataset(), Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    series.SeriesInstanceUID, series.ReferencedImageSequence = image.SeriesInstanceUID, [reference]
    state.ReferencedSeriesSequence = [series]
    one, other = _received(gallery, image, state)

    alone = editing.begin(one, Reach.INSTANCE, actor=gallery.actor)
    editing.add(alone, _put("ImageComments", "x"), actor=gallery.actor)
    assert editing.review(alone, actor=gallery.actor).outside == 1
    _apply(gallery, one, Reach.STUDY, _put("ImageComments", "x"), Edit.of(Deed.DELETE, "PatientComments"))

    told = _read(_current(gallery, other).id).ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    assert told.ReferencedSOPInstanceUID == _current(gallery, one).sop_uid


def test_new_series_and_study_uids_are_the_same_for_all_of_them(gallery: Gallery) -> None:
    first, *_ = files = _received(gallery, *synthetic.ct_series(3, 16, 16))
    _apply(gallery, first, Reach.SERIES, _put("StudyDescription", "new"), identity=Identity.STUDY)

    made = [_read(_current(gallery, one).id) for one in files]
    assert len({(file.SeriesInstanceUID, file.StudyInstanceUID) for file in made}) == 1
    assert made[0].StudyInstanceUID != _read(first).StudyInstanceUID
    assert gallery.instance_count() == 3


def test_one_that_cannot_be_edited_does_not_stop_the_rest_and_a_second_run_changes_nothing(gallery: Gallery) -> None:
    first, second, third = _received(gallery, *synthetic.ct_series(3, 16, 16))
    plan = editing.begin(first, Reach.SERIES, actor=gallery.actor)
    editing.add(plan, _put("ImageComments", "seen"), actor=gallery.actor)
    seen = editing.review(plan, actor=gallery.actor).seen
    editing.start(plan, seen=seen, confirmed=False, actor=gallery.actor)
    blob_of(second).unlink()
    gallery.work()

    assert _current(gallery, first).replaces_id == first
    assert _current(gallery, second).id == second
    assert _current(gallery, third).replaces_id == third
    count = gallery.instance_count()
    with pytest.raises(ConflictError):
        editing.start(plan, seen=seen, confirmed=False, actor=gallery.actor)
    assert gallery.instance_count() == count == 3


def test_a_job_that_comes_again_makes_nothing_twice(gallery: Gallery) -> None:
    first, second = _received(gallery, *synthetic.ct_series(2, 16, 16))
    plan = _apply(gallery, first, Reach.SERIES, _put("ImageComments", "seen"))
    made = [_current(gallery, one).id for one in (first, second)]
    with transaction() as session:
        # As if it had died between the new files and the note that they are made.
        session.execute(update(EditLine).values(state="changes", result_key=None))
        session.execute(update(EditPlan).values(state="asked"))
    editing.carry_out(JobContext(0), plan)

    assert [_current(gallery, one).id for one in (first, second)] == made
    assert sorted(one or 0 for one in db.session.scalars(select(EditLine.result_key))) == sorted(made)
    assert db.session.scalars(select(EditPlan.state)).one() == "done"


def test_a_plan_is_done_only_as_it_was_looked_at(gallery: Gallery) -> None:
    files = synthetic.ct_series(2, 16, 16)
    (one,) = _received(gallery, files[0])
    plan = editing.begin(one, Reach.SERIES, actor=gallery.actor)
    editing.add(plan, _put("ImageComments", "x"), actor=gallery.actor)
    seen = editing.review(plan, actor=gallery.actor).seen
    _received(gallery, files[1])

    with pytest.raises(ConflictError):
        editing.start(plan, seen=seen, confirmed=False, actor=gallery.actor)


def test_the_uid_of_another_image_is_not_taken_from_it(gallery: Gallery) -> None:
    one, other = _received(gallery, *synthetic.ct_series(2, 16, 16))
    theirs = _put("SOPInstanceUID", str(_read(other).SOPInstanceUID))

    with pytest.raises(RefusedError, match="Another image"):
        _apply(gallery, one, Reach.INSTANCE, theirs)
    assert _current(gallery, other).id == other
    assert _current(gallery, one).id == one


def test_what_makes_pixels_unreadable_needs_to_be_confirmed(gallery: Gallery) -> None:
    (one,) = _received(gallery, synthetic.ct_series(1, 16, 16)[0])
    plan = editing.begin(one, Reach.INSTANCE, actor=gallery.actor)
    editing.add(plan, Edit.of(Deed.DELETE, "Rows"), actor=gallery.actor)
    review = editing.review(plan, actor=gallery.actor)

    assert any(one.is_danger for one in review.warnings)
    with pytest.raises(RefusedError):
        editing.start(plan, seen=review.seen, confirmed=False, actor=gallery.actor)


def test_marks_lie_on_the_version_that_is_shown(gallery: Gallery) -> None:
    (one,) = _received(gallery, synthetic.ct_series(1, 16, 16)[0])
    drawn(one)
    _apply(gallery, one, Reach.INSTANCE, _put("ImageComments", "x"))

    new = _current(gallery, one).id
    assert db.session.scalars(select(Mark.instance_key)).all() == [new]
    editing.restore(one, actor=gallery.actor)
    assert db.session.scalars(select(Mark.instance_key)).all() == [one]


def test_who_may_only_look_edits_nothing_and_a_stranger_finds_no_plan(
    gallery: Gallery, onlooker: Actor, stranger: Actor
) -> None:
    (one,) = _received(gallery, synthetic.ct_series(1, 16, 16)[0])
    plan = editing.begin(one, Reach.INSTANCE, actor=gallery.actor)

    with pytest.raises(ForbiddenError):
        editing.begin(one, Reach.INSTANCE, actor=onlooker)
    with pytest.raises(ForbiddenError):
        editing.restore(one, actor=onlooker)
    for deed in (lambda: editing.of(plan, actor=stranger), lambda: editing.begin(one, Reach.SERIES, actor=stranger)):
        with pytest.raises(NotFoundError):
            deed()


def test_what_is_in_the_bin_is_neither_edited_nor_restored(gallery: Gallery) -> None:
    (one,) = _received(gallery, synthetic.ct_series(1, 16, 16)[0])
    _apply(gallery, one, Reach.INSTANCE, _put("ImageComments", "x"))
    new = _current(gallery, one).id
    removal.to_bin(Selection(images=(new,)), actor=gallery.actor)

    for deed in (
        lambda: editing.begin(new, Reach.SERIES, actor=gallery.actor),
        lambda: editing.restore(one, actor=gallery.actor),
    ):
        with pytest.raises(ConflictError):
            deed()


@pytest.mark.parametrize("name", ["MR_small_bigendian.dcm", "image_dfl.dcm", "ExplVR_BigEnd.dcm"])
def test_what_is_big_endian_or_deflated_keeps_the_values_of_its_pixels(gallery: Gallery, name: str) -> None:
    data = Path(str(get_testdata_file(name, download=False))).read_bytes()
    (taken,) = gallery.ingest(data)
    assert isinstance(taken, Accepted)
    gallery.work()
    _apply(gallery, taken.instance_id, Reach.INSTANCE, _put("PatientName", "Müller^Änne"))

    new = _read(_current(gallery, taken.instance_id).id)
    assert new.PatientName == "Müller^Änne"
    assert (new.pixel_array == _read(taken.instance_id).pixel_array).all()


def test_an_old_draft_is_forgotten_and_a_plan_that_was_done_stays(gallery: Gallery) -> None:
    (one,) = _received(gallery, synthetic.ct_series(1, 16, 16)[0])
    done = _apply(gallery, one, Reach.INSTANCE, _put("ImageComments", "x"))
    draft = editing.begin(_current(gallery, one).id, Reach.INSTANCE, actor=gallery.actor)
    with transaction() as session:
        session.execute(update(EditPlan).values(created_at=now() - timedelta(days=2)))
    plans.sweep(JobContext(0))

    assert editing.of(done, actor=gallery.actor).row.state == "done"
    with pytest.raises(NotFoundError):
        editing.of(draft, actor=gallery.actor)
    with pytest.raises(ConflictError):
        editing.discard(done, actor=gallery.actor)
