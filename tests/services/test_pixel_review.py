"""What waits for a person because of its pixels: proposed, decided, undone, done, found again, reported."""

import json

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from sqlalchemy import select

from dicomgallery.access import Actor
from dicomgallery.catalog import deid as runs
from dicomgallery.catalog import deid_review as catalog
from dicomgallery.catalog.deid_review import Entry, Stage
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.boxes import Box
from dicomgallery.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from dicomgallery.models import AuditEvent, DeidDecision, DeidReview, db
from dicomgallery.services import deid_runs, removal
from dicomgallery.services.deid_runs.review import areas, deciding
from dicomgallery.services.deid_runs.review.areas import Area, Origin
from dicomgallery.services.deid_runs.review.deciding import Verdict
from dicomgallery.services.deidentifying import BurnedIn
from tests.burned import burned, done, waiting
from tests.conftest import Gallery
from tests.services.scenery import blob_of, images


def entry(gallery: Gallery, run_id: int, number: int = 1) -> Entry:
    db.session.rollback()
    return catalog.entry(gallery.scope, gallery.actor.id, run_id, number)


def proposed(gallery: Gallery, run_id: int, number: int = 1) -> list[Area]:
    return areas.read(entry(gallery, run_id, number).review.proposed)


def accept(gallery: Gallery, run_id: int, number: int = 1, *boxes: Area) -> None:
    wanted = boxes or proposed(gallery, run_id, number)
    deciding.decide(run_id, number, Verdict.ACCEPT, wanted, actor=gallery.actor)


def result(gallery: Gallery, run_id: int, number: int = 1) -> Dataset:
    db.session.rollback()
    (found,) = [one for one in runs.items(gallery.scope, run_id) if one.item.number == number]
    assert found.result_id is not None, found.item.reason
    return dcmread(blob_of(found.result_id))


def black(dataset: Dataset, box: Box) -> bool:
    return not dataset.pixel_array[..., box.top : box.bottom, box.left : box.right, :].any()


def test_what_is_suspected_is_searched_and_what_is_accepted_is_painted_marked_and_taken_in(gallery: Gallery) -> None:
    run_id = waiting(gallery, burned((20, 20)), *synthetic.ct_series(1, 16, 16))
    (box,) = [area.box for area in proposed(gallery, run_id)]
    before = entry(gallery, run_id)

    accept(gallery, run_id)
    assert deciding.carry_out(run_id, actor=gallery.actor) == 1
    account = done(gallery, run_id)

    assert (before.stage, before.review.columns, before.review.rows) == (Stage.OPEN, 320, 160)
    assert before.review.searched == before.review.frames == 1
    assert (account.stage, account.counts) == ("done", {"done": 2})
    made = result(gallery, run_id)
    assert black(made, box)
    source = dcmread(blob_of(1))
    covered = np.zeros((160, 320), bool)
    covered[box.top : box.bottom, box.left : box.right] = True
    assert np.array_equal(made.pixel_array[~covered], source.pixel_array[~covered])
    assert made.BurnedInAnnotation == "NO"
    assert "113101" in {code.CodeValue for code in made.DeidentificationMethodCodeSequence}
    assert "BurnedInAnnotation" not in result(gallery, run_id, 2)
    kept = entry(gallery, run_id)
    assert kept.stage is Stage.DONE
    assert kept.decision is not None
    assert [area.box for area in areas.read(kept.decision.boxes)] == [box]
    text = deid_runs.report(run_id, actor=gallery.actor)
    said = deid_runs.check(text, 1).said
    assert (said["counts"]["boxes"], said["counts"]["reviewed"]) == (1, 1)
    assert said["counts"]["reviewers"] == {gallery.actor.id: 1}
    assert [(one["reviewed"], one["boxes"]) for one in said["objects"]] == [(True, [list(box)]), (False, [])]
    told = set(db.session.scalars(select(AuditEvent.event).where(AuditEvent.subject == f"deidentification:{run_id}")))
    assert told >= {"pixels_reviewed", "pixel_review_done"}
    assert catalog.reviewed(gallery.scope, gallery.actor.id, run_id) == {gallery.actor.id: 1}


def test_what_is_rejected_goes_on_with_its_pixels_and_what_is_left_stays_in_quarantine(gallery: Gallery) -> None:
    run_id = waiting(gallery, burned((20, 20), number=1), burned((20, 60), number=2))
    deciding.decide(run_id, 1, Verdict.REJECT, actor=gallery.actor)
    deciding.decide(run_id, 2, Verdict.LEAVE, actor=gallery.actor)

    assert deciding.carry_out(run_id, actor=gallery.actor) == 1
    account = done(gallery, run_id)

    assert account.counts == {"done": 1, "quarantined": 1}
    made = result(gallery, run_id)
    assert made.PixelData == dcmread(blob_of(1)).PixelData
    assert made.BurnedInAnnotation == "NO"
    assert "113101" not in {code.CodeValue for code in made.DeidentificationMethodCodeSequence}
    assert entry(gallery, run_id, 2).stage is Stage.LEAVE
    assert gallery.instance_count() == 3
    with pytest.raises(RefusedError, match="Nothing is decided"):
        deciding.carry_out(run_id, actor=gallery.actor)


def test_what_is_found_after_painting_comes_back_and_only_what_was_then_seen_goes_on(gallery: Gallery) -> None:
    run_id = waiting(gallery, burned((20, 20), (20, 110)))
    first, second = sorted(proposed(gallery, run_id), key=lambda area: area.box.top)
    accept(gallery, run_id, 1, first)
    deciding.carry_out(run_id, actor=gallery.actor)

    account = done(gallery, run_id)

    assert account.counts == {"quarantined": 1}
    again = entry(gallery, run_id)
    assert (again.stage, again.decision) == (Stage.OPEN, None)
    assert "writing was found once more" in again.review.note
    kept, found = areas.read(again.review.proposed)
    assert (kept, found.origin) == (first, Origin.AGAIN)
    assert found.box.holds_half(second.box)
    assert gallery.instance_count() == 1
    # Whoever has seen it and says that it is no writing is believed.
    accept(gallery, run_id, 1, kept)
    deciding.carry_out(run_id, actor=gallery.actor)
    assert done(gallery, run_id).counts == {"done": 1}
    made = result(gallery, run_id)
    assert black(made, first.box)
    assert not black(made, second.box)


def test_every_frame_is_searched_and_every_frame_is_painted(gallery: Gallery) -> None:
    run_id = waiting(gallery, burned((20, 20), frames=3))
    known = entry(gallery, run_id).review
    (found,) = proposed(gallery, run_id)

    drawn = Area(Box(0, 0, 320, 60), Origin.DRAWN)
    accept(gallery, run_id, 1, drawn)
    deciding.carry_out(run_id, actor=gallery.actor)
    done(gallery, run_id)

    assert (known.frames, known.searched, found.origin) == (3, 3, Origin.FOUND)
    made = result(gallery, run_id)
    assert made.pixel_array.shape == (3, 160, 320, 3)
    assert black(made, drawn.box)
    assert made.pixel_array[:, 60:].all()
    assert made.BurnedInAnnotation == "NO"


def test_a_decision_can_be_changed_and_undone_until_the_run_has_done_it(gallery: Gallery) -> None:
    run_id = waiting(gallery, burned((20, 20)))
    accept(gallery, run_id)
    deciding.decide(run_id, 1, Verdict.REJECT, actor=gallery.actor)

    assert deciding.undo(run_id, actor=gallery.actor) == 1
    assert entry(gallery, run_id).stage is Stage.ACCEPT
    assert deciding.undo(run_id, actor=gallery.actor) == 1
    assert entry(gallery, run_id).stage is Stage.OPEN
    with pytest.raises(ConflictError, match="nothing to undo"):
        deciding.undo(run_id, actor=gallery.actor)

    accept(gallery, run_id)
    deciding.carry_out(run_id, actor=gallery.actor)
    with pytest.raises(ConflictError, match="nothing to undo"):
        deciding.undo(run_id, actor=gallery.actor)
    with pytest.raises(ConflictError, match="is being done"):
        deciding.decide(run_id, 1, Verdict.LEAVE, actor=gallery.actor)
    with pytest.raises(ConflictError, match="is not done"):
        deciding.carry_out(run_id, actor=gallery.actor)
    done(gallery, run_id)
    assert len(db.session.scalars(select(DeidDecision.id)).all()) == 3


def test_objects_of_one_device_class_and_size_are_treated_alike_and_undone_at_once(gallery: Gallery) -> None:
    files = [burned((20, 20), number=number) for number in (1, 2, 3)]
    run_id = waiting(gallery, *files, burned((20, 20), rows=200, number=4))
    pattern = entry(gallery, run_id, 1)
    assert [one.item.number for one in catalog.alike(gallery.scope, gallery.actor.id, pattern, 9)] == [2, 3]
    with pytest.raises(RefusedError, match="this object first"):
        deciding.decide_alike(run_id, 1, [2, 3], actor=gallery.actor)
    accept(gallery, run_id, 1, Area(Box(10, 10, 310, 60), Origin.DRAWN))

    assert deciding.decide_alike(run_id, 1, [2, 3, 4, 77], actor=gallery.actor) == 2

    stages = [one.stage for one in catalog.entries(gallery.scope, gallery.actor.id, run_id)]
    assert stages == [Stage.ACCEPT, Stage.ACCEPT, Stage.ACCEPT, Stage.OPEN]
    assert catalog.counts(gallery.scope, gallery.actor.id, run_id) == {Stage.ACCEPT: 3, Stage.OPEN: 1}
    assert catalog.next_open(gallery.scope, gallery.actor.id, run_id, 4) is None
    deciding.undo(run_id, actor=gallery.actor)
    assert catalog.counts(gallery.scope, gallery.actor.id, run_id) == {Stage.ACCEPT: 1, Stage.OPEN: 3}
    with pytest.raises(RefusedError, match="None of them"):
        deciding.decide_alike(run_id, 1, [4], actor=gallery.actor)


def test_boxes_that_cannot_be_painted_are_refused_in_words(gallery: Gallery) -> None:
    run_id = waiting(gallery, burned((20, 20)))
    for wanted, words in (
        ([], "no box to paint"),
        ([Area(Box(400, 10, 420, 20), Origin.DRAWN)], "no pixel of the picture"),
        ([Area(Box(9, 9, 9, 20), Origin.DRAWN)], "no pixel of the picture"),
        ([Area(Box(-(1 << 40), 0, 1 << 40, 20), Origin.DRAWN)], "far outside"),
        ([Area(Box(0, 0, 1 + n, 1), Origin.DRAWN) for n in range(201)], "At most 200"),
    ):
        with pytest.raises(RefusedError, match=words):
            deciding.decide(run_id, 1, Verdict.ACCEPT, wanted, actor=gallery.actor)
    accept(gallery, run_id, 1, Area(Box(-50, -50, 900, 900), Origin.DRAWN))
    decision = entry(gallery, run_id).decision
    assert decision is not None
    assert json.loads(decision.boxes) == [[0, 0, 320, 160, "drawn"]]


def test_what_cannot_be_searched_or_painted_says_so_and_waits(gallery: Gallery) -> None:
    broken = burned((20, 20))
    broken.PixelData = broken.PixelData[:64]
    run_id = waiting(gallery, broken)
    assert "could not be searched" in entry(gallery, run_id).review.note

    accept(gallery, run_id, 1, Area(Box(0, 0, 50, 50), Origin.DRAWN))
    deciding.carry_out(run_id, actor=gallery.actor)
    account = done(gallery, run_id)

    assert account.counts == {"quarantined": 1}
    assert "could not be cleaned" in entry(gallery, run_id).review.note
    assert entry(gallery, run_id).stage is Stage.OPEN


def test_what_a_person_let_pass_still_meets_the_leak_check(gallery: Gallery) -> None:
    leaky = burned((20, 20))
    leaky.PixelData = b"Qvistgaard^Thora" + leaky.PixelData[16:]
    run_id = waiting(gallery, leaky)
    deciding.decide(run_id, 1, Verdict.REJECT, actor=gallery.actor)
    deciding.carry_out(run_id, actor=gallery.actor)

    account = done(gallery, run_id)

    assert account.counts == {"quarantined": 1}
    assert entry(gallery, run_id).stage is Stage.CLOSED
    assert "leak check found" in entry(gallery, run_id).item.reason
    assert gallery.instance_count() == 1


def test_what_stays_written_after_a_run_has_painted_by_itself_waits_as_well(gallery: Gallery) -> None:
    says_so = synthetic.ct_slice(rows=64, columns=64)
    says_so.BurnedInAnnotation = "YES"
    run_id = waiting(gallery, says_so, burned_in=BurnedIn.BLANK)

    assert entry(gallery, run_id).stage is Stage.OPEN
    deciding.decide(run_id, 1, Verdict.REJECT, actor=gallery.actor)
    deciding.carry_out(run_id, actor=gallery.actor)
    assert done(gallery, run_id).counts == {"done": 1}


def test_a_source_that_is_gone_is_left_out_and_a_run_that_is_removed_takes_its_review_along(gallery: Gallery) -> None:
    run_id = waiting(gallery, burned((20, 20)))
    removal.to_bin(images([1]), actor=gallery.actor)
    gone = entry(gallery, run_id)
    assert (gone.source_id, gone.blob12) == (None, "")
    deciding.decide(run_id, 1, Verdict.REJECT, actor=gallery.actor)
    deciding.carry_out(run_id, actor=gallery.actor)
    assert done(gallery, run_id).counts == {"skipped": 1}
    assert entry(gallery, run_id).stage is Stage.CLOSED

    deid_runs.remove(run_id, actor=gallery.actor)

    db.session.rollback()
    assert not db.session.scalars(select(DeidReview.number)).all()
    assert not db.session.scalars(select(DeidDecision.id)).all()


def test_the_queue_is_its_owners_alone(gallery: Gallery, onlooker: Actor, stranger: Actor) -> None:
    run_id = waiting(gallery, burned((20, 20)))

    assert catalog.entries(stranger.scope, stranger.id, run_id) == []
    assert catalog.counts(stranger.scope, gallery.actor.id, run_id) == {}
    assert catalog.standing(stranger.scope, run_id, [1]) == {}
    with pytest.raises(NotFoundError):
        deciding.decide(run_id, 1, Verdict.REJECT, actor=stranger)
    with pytest.raises(NotFoundError):
        deciding.undo(run_id, actor=stranger)
    with pytest.raises(NotFoundError):
        deciding.carry_out(run_id, actor=stranger)
    for deed in (deciding.undo, deciding.carry_out):
        with pytest.raises(ForbiddenError):
            deed(run_id, actor=onlooker)
    for number in (0, 2, -1, 1 << 40):
        with pytest.raises(NotFoundError):
            deciding.decide(run_id, number, Verdict.LEAVE, actor=gallery.actor)
