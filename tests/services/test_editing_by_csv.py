"""Many images edited by a CSV: what a cell means, what is refused where, and what becomes of it."""

import csv
import io

import pytest
from pydicom import Dataset, dcmread

from dicomgallery.access import Actor
from dicomgallery.catalog import instances
from dicomgallery.catalog.query import parse
from dicomgallery.dicom import synthetic
from dicomgallery.errors import ConflictError, ForbiddenError, RefusedError, TooLargeError
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.models import db
from dicomgallery.services import comparison_tables, editing, tabling
from dicomgallery.services.editing import Identity, Problem, Reach, by_csv, sheets
from dicomgallery.services.editing.plans import Plan
from tests.conftest import Gallery
from tests.services.scenery import blob_of


def _received(gallery: Gallery, *files: Dataset) -> list[int]:
    found = [one.instance_id for one in gallery.ingest(*files) if isinstance(one, Accepted)]
    gallery.work()
    return found


def _series(count: int = 3) -> list[Dataset]:
    files = synthetic.ct_series(count, 16, 16)
    for number, dataset in enumerate(files, 1):
        dataset.ImageComments = f"=SUM({number})"
    return files


def _table(*rows: tuple[object, ...], separator: str = ",") -> bytes:
    held = io.StringIO()
    csv.writer(held, delimiter=separator).writerows(rows)
    return held.getvalue().encode()


def _plan(gallery: Gallery, data: bytes) -> Plan:
    begun = editing.begin_by_csv(data, actor=gallery.actor)
    assert isinstance(begun, int), begun
    return editing.of(begun, actor=gallery.actor)


def _problems(gallery: Gallery, data: bytes) -> list[Problem]:
    found = editing.begin_by_csv(data, actor=gallery.actor)
    assert isinstance(found, list)
    return found


def _done(gallery: Gallery, plan: Plan, identity: Identity = Identity.INSTANCE) -> None:
    editing.settle(plan.id, Reach.TABLE, identity, actor=gallery.actor)
    seen = editing.review(plan.id, actor=gallery.actor).seen
    editing.start(plan.id, seen=seen, confirmed=False, actor=gallery.actor)
    gallery.work()
    db.session.rollback()


def _now(gallery: Gallery, instance_id: int) -> Dataset:
    db.session.rollback()
    current = next(one for one in instances.history(gallery.scope, instance_id) if one.is_current)
    return dcmread(io.BytesIO(blob_of(current.id).read_bytes()))


def test_each_image_gets_the_values_of_its_own_row(gallery: Gallery) -> None:
    files = _series()
    ids = _received(gallery, *files)
    plan = _plan(
        gallery,
        _table(
            ("SOPInstanceUID", "InstanceNumber", "(0008,103E)", "ImageComments"),
            (files[0].SOPInstanceUID, "11", "Ärztliche Sicht", ""),
            (files[1].SOPInstanceUID, "12", "", by_csv.REMOVE),
            (files[2].SOPInstanceUID, "", "", by_csv.EMPTY),
        ),
    )
    assert (plan.reach, plan.change_count) == (Reach.TABLE, 5)
    review = editing.review(plan.id, actor=gallery.actor)
    told = [[(one.keyword, one.kind) for one in preview.changes] for preview in review.previews]
    assert [("ImageComments", "removed") in one for one in told] == [False, True, False]
    assert [("InstanceNumber", "changed") in one for one in told] == [True, True, False]
    _done(gallery, plan)

    first, second, third = (_now(gallery, one) for one in ids)
    assert (first.InstanceNumber, first.SeriesDescription) == (11, "Ärztliche Sicht")
    assert first.ImageComments == "=SUM(1)"
    assert (second.InstanceNumber, "ImageComments" in second) == (12, False)
    assert (third.InstanceNumber, third.ImageComments) == (files[2].InstanceNumber, "")
    assert first.PixelData == files[0].PixelData
    assert len({one.SOPInstanceUID for one in (first, second, third, *files)}) == 6


def test_the_tables_of_the_gallery_change_nothing_when_they_come_back_as_they_left(gallery: Gallery) -> None:
    _received(gallery, *_series(), synthetic.basic_report())
    matrix = "".join(comparison_tables.of_matrix(1, actor=gallery.actor))
    keywords = ("PatientName", "ImageComments", "ImagePositionPatient", "ContentSequence", "WindowCenter")
    table = "".join(tabling.table(parse({}), keywords, actor=gallery.actor))

    assert "'=SUM(1)" in matrix
    for text in (matrix, f"\ufeff{matrix}", matrix.replace("\n", "\r\n"), table):
        with pytest.raises(RefusedError, match="nothing to change"):
            editing.begin_by_csv(text.encode(), actor=gallery.actor)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_is_changed_in_the_table_of_a_series_changes_and_nothing_else(gallery: Gallery, separator: str) -> None:
    ids = _received(gallery, *_series())
    rows = list(csv.reader(io.StringIO("".join(comparison_tables.of_matrix(1, actor=gallery.actor)))))
    column = next(place for place, head in enumerate(rows[0]) if head.endswith("(00204000)"))
    rows[2][column] = "'=1+1"
    plan = _plan(gallery, _table(*map(tuple, rows), separator=separator))

    assert plan.change_count == 1
    assert plan.instance_ids(gallery.actor) == [int(rows[2][0])]
    _done(gallery, plan)
    assert _now(gallery, int(rows[2][0])).ImageComments == "=1+1"
    assert [_now(gallery, one).ImageComments for one in ids if one != int(rows[2][0])] == ["=SUM(1)", "=SUM(3)"]


def test_a_number_that_a_spreadsheet_wrote_anew_is_the_same_number(gallery: Gallery) -> None:
    (dataset,) = _series(1)
    dataset.SliceThickness = "2.50"
    _received(gallery, dataset)

    with pytest.raises(RefusedError, match="nothing to change"):
        editing.begin_by_csv(
            _table(("SOPInstanceUID", "SliceThickness"), (dataset.SOPInstanceUID, "2.500")), actor=gallery.actor
        )


def test_a_patient_row_changes_all_images_below_and_may_give_a_new_id(gallery: Gallery) -> None:
    one, other = _series(2), synthetic.mr_series(2, 16, 16)
    for dataset in (*one, *other):
        dataset.PatientID = "OLD-1"
    ids = _received(gallery, *one, *other)
    _done(gallery, _plan(gallery, _table(("PatientID", "PatientID", "PatientSex"), ("OLD-1", "NEW-7", "O"))))

    assert {(_now(gallery, one).PatientID, _now(gallery, one).PatientSex) for one in ids} == {("NEW-7", "O")}


def test_every_wrong_cell_is_told_by_row_and_column_and_nothing_is_begun(gallery: Gallery) -> None:
    files = _series()
    ids = _received(gallery, *files)
    table = _table(
        ("instance", "StudyDate", "PatientSex", "SOPInstanceUID", "ReferencedImageSequence", "PixelData"),
        (ids[0], "2024-13-01", "female!", "", "", ""),
        (),
        (ids[1], "", "", "1.2.3", "x", "AAAA"),
        (ids[1], "20240101"),
        ("99999999999999999999", "20240101"),
        (ids[2], "", "", "", "", "", "more"),
    )

    found = _problems(gallery, table)

    assert [(one.row, one.column) for one in found] == [
        (2, "StudyDate"),
        (2, "PatientSex"),
        (4, "SOPInstanceUID"),
        (4, "ReferencedImageSequence"),
        (4, "PixelData"),
        (5, "instance"),
        (6, "instance"),
        (7, ""),
    ]
    assert "day of the calendar" in found[0].sentence
    assert "Row 4 names the same image" in found[5].sentence
    with pytest.raises(Exception, match="no such plan"):
        editing.of(1, actor=gallery.actor)


def test_heads_that_name_nothing_or_the_same_twice_are_told(gallery: Gallery) -> None:
    files = _series(1)
    _received(gallery, *files)
    uid = files[0].SOPInstanceUID

    assert "No column names the images" in _problems(gallery, _table(("PatientName",), ("A",)))[0].sentence
    found = _problems(gallery, _table(("SOPInstanceUID", "Nonsense", "00100010", "PatientName"), (uid, "1", "2", "3")))
    assert [(one.row, one.column) for one in found] == [(1, "Nonsense"), (1, "PatientName")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no table"),
        (b"\0\0\0", "no table"),
        ("Größe".encode("latin-1"), "UTF-8"),
        (b'instance,PatientName\n1,"' + b"x" * 200_000, "too long"),
        (b"a," * 2000, "columns"),
        (b"instance\n" + b"1\n" * (sheets.MOST_ROWS + 1), "rows"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(gallery: Gallery, data: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        editing.begin_by_csv(data, actor=gallery.actor)


def test_a_table_over_the_limit_is_refused_unread(gallery: Gallery) -> None:
    with pytest.raises(TooLargeError):
        editing.begin_by_csv(b"x" * (sheets.MOST_BYTES + 1), actor=gallery.actor)


def test_problems_beyond_a_hundred_are_not_told_one_by_one(gallery: Gallery) -> None:
    rows = [(f"1.2.{number}", "20240101") for number in range(500)]

    assert len(_problems(gallery, _table(("SOPInstanceUID", "StudyDate"), *rows))) == by_csv.MOST_PROBLEMS + 1


def test_a_plan_of_a_table_takes_no_change_by_hand_and_no_other_reach(gallery: Gallery) -> None:
    (one,) = _received(gallery, *_series(1))
    plan = _plan(gallery, _table(("instance", "StationName"), (one, "CT9")))
    other = editing.begin(one, Reach.INSTANCE, actor=gallery.actor)

    with pytest.raises(ConflictError):
        editing.take_back(plan.id, 0, actor=gallery.actor)
    with pytest.raises(RefusedError):
        editing.settle(plan.id, Reach.PATIENT, Identity.INSTANCE, actor=gallery.actor)
    with pytest.raises(RefusedError):
        editing.settle(other, Reach.TABLE, Identity.INSTANCE, actor=gallery.actor)
    with pytest.raises(RefusedError):
        editing.begin(one, Reach.TABLE, actor=gallery.actor)


def test_who_may_only_look_begins_nothing(gallery: Gallery, onlooker: Actor) -> None:
    with pytest.raises(ForbiddenError):
        editing.begin_by_csv(b"instance,StudyDate\n1,20240101\n", actor=onlooker)
