"""De-identification inside the gallery: what a draft shows, what a run makes, and what stays out."""

import json
from datetime import timedelta

import pytest
from pydicom import Dataset, dcmread
from sqlalchemy import select, update

from dicomgallery.access import Actor
from dicomgallery.catalog import deid as catalog
from dicomgallery.deid.profile import BASIC, from_json
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from dicomgallery.jobs.runner import free_expired
from dicomgallery.models import AuditEvent, DeidItem, DeidRun, Instance, Job, db, now, transaction
from dicomgallery.services import deid_runs, removal
from dicomgallery.services.deid_runs import counting, working
from dicomgallery.services.deidentifying import BurnedIn
from tests.conftest import Gallery
from tests.services.scenery import blob_of, everything, images


def named(*, name: str = "Qvistgaard^Thora", number: int = 3) -> list[Dataset]:
    """A series of somebody whose name is nobody else's."""
    made = synthetic.ct_series(number, 16, 16)
    for one in made:
        one.PatientName, one.PatientID = name, "QX-7731-05"
        one.InstitutionName = "Zuckerhut Klinik"
    return made


def drafted(gallery: Gallery, *files: Dataset) -> int:
    gallery.ingest(*(files or named()))
    return deid_runs.draft(everything(), actor=gallery.actor)


def done(gallery: Gallery, run_id: int) -> catalog.Account:
    deid_runs.start(run_id, actor=gallery.actor)
    gallery.work()
    db.session.rollback()
    return deid_runs.of(run_id, actor=gallery.actor)


def results(gallery: Gallery, run_id: int) -> list[Dataset]:
    found = catalog.items(gallery.scope, run_id, state="done")
    return [dcmread(blob_of(one.result_id)) for one in found if one.result_id]


def test_a_draft_shows_what_each_element_would_become_and_writes_nothing(gallery: Gallery) -> None:
    run_id = drafted(gallery)

    shown = deid_runs.preview(run_id, 2, actor=gallery.actor)

    rows = {row.tag: row for row in shown.rows}
    name = rows["0010,0010"]
    assert (name.old, name.action_text, name.letters) == ("Qvistgaard Thora", "pseudonym", "Z")
    assert name.new.startswith("SUBJ-")
    assert name.rule.startswith("E.1-1")
    assert rows["0008,0080"].is_removed
    assert rows["0028,0010"].action == deid_runs.KEPT
    assert rows["0008,0018"].action == "uid"
    assert [row.path for row in shown.rows] == sorted(row.path for row in shown.rows)
    assert {row.tag for row in shown.of("uid")} >= {"0008,0018", "0020,000d", "0020,000e"}
    assert not {row.action for row in shown.of("")} & {deid_runs.KEPT}
    assert shown.counts["uid"] == len(shown.of("uid"))
    assert (shown.number, shown.total) == (2, 3)
    assert gallery.instance_count() == 3
    with pytest.raises(NotFoundError):
        deid_runs.preview(run_id, 4, actor=gallery.actor)


def test_a_run_makes_a_new_study_that_replaces_nothing_and_says_what_it_did(gallery: Gallery) -> None:
    run_id = drafted(gallery)

    account = done(gallery, run_id)

    assert (account.stage, account.counts, account.settled) == ("done", {"done": 3}, 3)
    assert gallery.instance_count() == 6
    made = results(gallery, run_id)
    assert {one.PatientIdentityRemoved for one in made} == {"YES"}
    assert {str(one.PatientName) for one in made}.isdisjoint({"Qvistgaard^Thora"})
    assert len({one.StudyInstanceUID for one in made}) == 1
    before = {dcmread(blob_of(number)).StudyInstanceUID for number in (1, 2, 3)}
    assert before.isdisjoint({one.StudyInstanceUID for one in made})
    sources = [dcmread(blob_of(one.item.source_id)) for one in catalog.items(gallery.scope, run_id)]
    assert [one.PixelData for one in made] == [one.PixelData for one in sources]
    (study,) = catalog.studies(gallery.scope, run_id)
    assert [one.deidentified for one in study.series] == ["profile"]
    assert not db.session.scalars(select(Instance.id).where(Instance.replaces_id.is_not(None))).all()
    kept = set(db.session.scalars(select(AuditEvent.event).where(AuditEvent.subject == f"deidentification:{run_id}")))
    assert kept == {"deidentification_drafted", "deidentification_started", "deidentification_done"}
    assert account.actions["uid"] >= 9


def test_the_report_is_signed_names_nobody_and_tells_when_it_was_tampered_with(gallery: Gallery) -> None:
    run_id = drafted(gallery)
    deid_runs.override(
        run_id, "(0008,0080)", "dummy", "The trial wants to see that there was one.", actor=gallery.actor
    )
    done(gallery, run_id)

    text = deid_runs.report(run_id, actor=gallery.actor)

    read = deid_runs.check(text, 1)
    assert read.why_not == ""
    assert read.said["counts"]["outcomes"] == {"written": 3, "quarantined": 0, "failed": 0}
    assert [one["leak check"]["clean"] for one in read.said["objects"]] == [True] * 3
    (said,) = read.said["profile"]["overrides"]
    assert (said["of"], said["action"]) == ("(0008,0080)", "dummy")
    sums = {row.id: row.blob_sha256 for row in db.session.scalars(select(Instance))}
    rows = [one.item for one in catalog.items(gallery.scope, run_id)]
    assert [(one["before"], one["after"]) for one in read.said["objects"]] == [
        (sums[one.source_id], sums[one.result_id or 0]) for one in rows
    ]
    for word in ("Qvistgaard", "Thora", "7731", "Zuckerhut", dcmread(blob_of(1)).SOPInstanceUID):
        assert word not in text
    changed = deid_runs.check(text.replace('"written":3', '"written":4'), 1)
    assert changed.why_not == "The report was changed after it was signed."
    assert deid_runs.check(text, 2).why_not == "The report was signed with another key."


def test_what_an_override_keeps_is_lawful_and_is_said(gallery: Gallery) -> None:
    run_id = drafted(gallery)
    deid_runs.override(run_id, "00100010", "keep", "The family has agreed.", actor=gallery.actor)

    row = next(one for one in deid_runs.preview(run_id, 1, actor=gallery.actor).rows if one.tag == "0010,0010")
    account = done(gallery, run_id)

    assert (row.action, row.is_overridden) == (deid_runs.KEPT, True)
    assert row.rule == "override: The family has agreed."
    assert account.counts == {"done": 3}
    assert {str(one.PatientName) for one in results(gallery, run_id)} == {"Qvistgaard^Thora"}
    said = deid_runs.check(deid_runs.report(run_id, actor=gallery.actor), 1).said
    kept = {"of": "(0010,0010)", "action": "keep", "reason": "The family has agreed."}
    assert said["profile"]["overrides"] == [kept]
    assert said["profile"]["name"] == f"run {run_id}"


def test_a_result_in_which_the_name_is_found_again_is_set_apart_and_not_taken_in(gallery: Gallery) -> None:
    files = named()
    files[1].PixelData = b"Qvistgaard^Thora" + files[1].PixelData[16:]
    run_id = drafted(gallery, *files)

    account = done(gallery, run_id)

    assert account.counts == {"done": 2, "quarantined": 1}
    (apart,) = catalog.items(gallery.scope, run_id, state="quarantined")
    assert (apart.item.source_id, apart.result_id, apart.item.sha256_after) == (2, None, "")
    assert "name of (0010,0010) in the pixel data" in apart.item.reason
    text = deid_runs.report(run_id, actor=gallery.actor)
    assert "Qvistgaard" not in text
    (told,) = [one for one in json.loads(text)["report"]["objects"] if one["outcome"] == "quarantined"]
    assert {one["of"] for one in told["leak check"]["findings"]} == {"(0010,0010)"}
    assert gallery.instance_count() == 5
    assert list(gallery.settings.staging.iterdir()) == []


def test_what_may_have_text_in_its_pixels_waits_for_a_person(gallery: Gallery) -> None:
    run_id = drafted(gallery, synthetic.us_cine(2, 48, 64))
    shown = deid_runs.preview(run_id, 1, actor=gallery.actor)

    account = done(gallery, run_id)

    assert shown.is_set_apart
    assert account.counts == {"quarantined": 1}
    (apart,) = catalog.items(gallery.scope, run_id)
    assert apart.item.reason.startswith("It is an ultrasound image")
    assert gallery.instance_count() == 1


def test_what_is_written_into_pixels_is_painted_black_where_that_is_wanted(gallery: Gallery) -> None:
    file = synthetic.us_cine(2, 48, 64)
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType = 1, 1
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 12
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 63, 47
    file.SequenceOfUltrasoundRegions = [region]
    run_id = drafted(gallery, file)
    deid_runs.choose(run_id, [], BurnedIn.BLANK, actor=gallery.actor)
    assert deid_runs.preview(run_id, 1, actor=gallery.actor).pixels.startswith("1 area of every frame")

    account = done(gallery, run_id)

    assert account.counts == {"done": 1}
    (made,) = results(gallery, run_id)
    assert not made.pixel_array[:, :12].any()
    assert made.pixel_array[:, 12:].any()
    assert "113101" in {one.CodeValue for one in made.DeidentificationMethodCodeSequence}
    (told,) = json.loads(deid_runs.report(run_id, actor=gallery.actor))["report"]["objects"]
    assert told["boxes"] == [[0, 0, 64, 12]]


def test_one_failure_does_not_stop_the_rest(gallery: Gallery) -> None:
    run_id = drafted(gallery)
    blob_of(2).unlink()
    removal.to_bin(images([3]), actor=gallery.actor)

    account = done(gallery, run_id)

    states = {one.item.source_id: one.item.state for one in catalog.items(gallery.scope, run_id)}
    assert states == {1: "done", 2: "failed", 3: "skipped"}
    assert account.stage == "done"


def test_a_run_that_was_killed_goes_on_where_it_stopped_and_makes_nothing_twice(gallery: Gallery) -> None:
    run_id = drafted(gallery, *named(number=5))
    first = {one.number: one.result_id for one in map(item, catalog.items(gallery.scope, done(gallery, run_id).run.id))}
    with transaction() as session:
        # As a worker leaves them that dies when its results are taken in, before it could say so.
        died = update(DeidItem).where(DeidItem.number >= 3)
        session.execute(died.values(state="waiting", result_id=None, tries=1))
        session.execute(update(DeidItem).where(DeidItem.number == 5).values(tries=3))
        session.execute(update(DeidRun).values(state="running"))
        lost = {"state": "running", "lease_until": now() - timedelta(seconds=1)}
        session.execute(update(Job).where(Job.name == working.JOB).values(**lost))

    free_expired()
    gallery.work()

    db.session.rollback()
    assert deid_runs.of(run_id, actor=gallery.actor).stage == "done"
    rows = list(map(item, catalog.items(gallery.scope, run_id)))
    assert [one.result_id for one in rows[:4]] == [first[number] for number in (1, 2, 3, 4)]
    assert (rows[4].state, rows[4].reason) == ("failed", "The gallery broke off at it three times, so it was left out.")
    assert gallery.instance_count() == 10


def item(found: catalog.RunItem) -> DeidItem:
    return found.item


def test_a_run_is_called_off_goes_on_when_asked_to_and_is_removed_when_it_is_over(gallery: Gallery) -> None:
    run_id = drafted(gallery)
    deid_runs.start(run_id, actor=gallery.actor)
    with pytest.raises(ConflictError, match="on its way"):
        deid_runs.remove(run_id, actor=gallery.actor)
    with pytest.raises(ConflictError, match="profile stands"):
        deid_runs.choose(run_id, ["clean_desc"], BurnedIn.KEEP, actor=gallery.actor)

    deid_runs.cancel(run_id, actor=gallery.actor)
    gallery.work()

    db.session.rollback()
    assert deid_runs.of(run_id, actor=gallery.actor).stage == "cancelled"
    assert gallery.instance_count() == 3
    assert done(gallery, run_id).stage == "done"
    assert gallery.instance_count() == 6
    with pytest.raises(ConflictError, match="is done"):
        deid_runs.start(run_id, actor=gallery.actor)
    deid_runs.remove(run_id, actor=gallery.actor)
    with pytest.raises(NotFoundError):
        deid_runs.of(run_id, actor=gallery.actor)
    assert gallery.instance_count() == 6


def test_two_runs_of_one_profile_make_the_same_copies_and_another_profile_newer_ones(gallery: Gallery) -> None:
    done(gallery, drafted(gallery))
    again = deid_runs.draft(images([1, 2, 3]), actor=gallery.actor)
    done(gallery, again)

    assert {one.item.reason for one in catalog.items(gallery.scope, again)} == {"The same copy was here already."}
    other = deid_runs.draft(images([1, 2, 3]), actor=gallery.actor)
    deid_runs.choose(other, ["retain_patient_chars"], BurnedIn.KEEP, actor=gallery.actor)
    done(gallery, other)

    assert gallery.instance_count() == 6
    found = catalog.items(gallery.scope, other)
    assert all(one.item.reason.startswith("It takes the place of an earlier copy") for one in found)
    assert all(one.source_id for one in found)


def test_what_would_replace_its_source_is_refused(gallery: Gallery) -> None:
    run_id = drafted(gallery)

    for deed in (
        lambda: deid_runs.choose(run_id, ["retain_uids"], BurnedIn.KEEP, actor=gallery.actor),
        lambda: deid_runs.override(run_id, "(0008,0018)", "keep", "Why not.", actor=gallery.actor),
        lambda: deid_runs.override(run_id, "(0020,000D)", "keep", "Why not.", actor=gallery.actor),
    ):
        with pytest.raises(RefusedError, match="take the place of that source"):
            deed()
    for tag, choice, reason in (("patient", "keep", "x"), ("00100010", "hide", "x"), ("00100010", "keep", " ")):
        with pytest.raises(RefusedError):
            deid_runs.override(run_id, tag, choice, reason, actor=gallery.actor)
    both = ["retain_long_full_dates", "retain_long_modif_dates"]
    with pytest.raises(RefusedError, match="not both"):
        deid_runs.choose(run_id, both, BurnedIn.KEEP, actor=gallery.actor)
    assert from_json(deid_runs.of(run_id, actor=gallery.actor).run.profile) == BASIC


def test_others_neither_see_a_run_nor_may_make_one_of_what_they_cannot_see(
    gallery: Gallery, onlooker: Actor, stranger: Actor
) -> None:
    run_id = drafted(gallery)

    with pytest.raises(ForbiddenError):
        deid_runs.draft(everything(), actor=onlooker)
    with pytest.raises(NotFoundError):
        deid_runs.draft(everything(), actor=stranger)
    for deed in (deid_runs.of, deid_runs.start, deid_runs.cancel, deid_runs.remove, deid_runs.report):
        with pytest.raises(ForbiddenError):
            deed(run_id, actor=onlooker)
        with pytest.raises(NotFoundError):
            deed(run_id, actor=stranger)
    with pytest.raises(NotFoundError):
        deid_runs.preview(run_id, 1, actor=stranger)
    assert catalog.items(stranger.scope, run_id) == []


def test_a_draft_is_counted_over_its_whole_selection_at_once_or_by_a_job(gallery: Gallery) -> None:
    few = drafted(gallery, *named(), synthetic.us_cine(2, 48, 64))
    gallery.ingest(*synthetic.mr_series(counting.FEW, 8, 8))
    many = deid_runs.draft(everything(), actor=gallery.actor)

    counted = deid_runs.forecast(few, actor=gallery.actor)

    assert counted is not None
    assert (counted.set_apart, counted.unreadable) == (1, 0)
    assert counted.actions == done(gallery, few).actions
    assert deid_runs.forecast(many, actor=gallery.actor) is None
    deid_runs.count(many, actor=gallery.actor)
    deid_runs.count(many, actor=gallery.actor)
    gallery.work()
    db.session.rollback()
    found = deid_runs.forecast(many, actor=gallery.actor)
    assert found is not None
    assert found.actions["subject"] == counted.actions["subject"] + 2 * counting.FEW
    assert db.session.scalars(select(Job.done).where(Job.name == counting.JOB)).all() == [16]
    deid_runs.choose(many, ["retain_patient_chars"], BurnedIn.KEEP, actor=gallery.actor)
    assert deid_runs.forecast(many, actor=gallery.actor) is None
