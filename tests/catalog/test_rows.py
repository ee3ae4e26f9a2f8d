"""Images, series, studies, patients, collections, receipts, the bin, changes: one by one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from dicomgallery.catalog import (
    bins,
    changes,
    collections,
    facets,
    instances,
    patients,
    receipts,
    search,
    selection,
    series,
    studies,
    totals,
    words,
)
from dicomgallery.catalog.query import Level, SearchQuery, parse
from dicomgallery.catalog.selection import Selection
from dicomgallery.errors import NotFoundError
from dicomgallery.models import (
    Change,
    CollectionMember,
    CollectionSeries,
    Instance,
    Receipt,
    ReceiptLine,
    db,
    now,
    transaction,
)
from tests.catalog.cast import EVERYTHING, Cast


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements sent meanwhile."""
    db.session.rollback()
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("level", list(Level))
def test_a_page_takes_as_many_statements_for_forty_cards_as_for_two(cast: Cast, level: Level) -> None:
    for n in range(40):
        cast.series(patient=f"Patient {n}", images=2)
    cast.put_in_bin(*[cast.images_of(one)[0] for one in range(1, 41)])
    taken = []
    for limit in (2, 40):
        with counting() as sent:
            page = search.page(EVERYTHING, SearchQuery(level=level), limit=limit)
        assert len(page.items) == limit
        taken.append(len(sent))

    assert taken[0] == taken[1] <= 6


def test_facets_take_few_statements_whatever_is_chosen(cast: Cast) -> None:
    for modality in ("CT", "MR", "US"):
        cast.series(modality=modality)
    with counting() as sent:
        facets.of(EVERYTHING, SearchQuery())
        facets.years(EVERYTHING, SearchQuery())

    assert len(sent) <= 3
    with counting() as sent:
        facets.of(EVERYTHING, parse({"modality": ["CT"], "year": ["2020"], "q": ["doe"]}))

    assert len(sent) <= 20


def test_an_image_comes_with_all_that_stands_above_it_in_one_statement(cast: Cast) -> None:
    image = cast.images_of(cast.series(patient="Doe^Jane", description="Thorax"))[0]
    with counting() as sent:
        detail = instances.detail(EVERYTHING, image)

    assert (detail.patient.name, detail.series.description, detail.is_visible) == ("Doe^Jane", "Thorax", True)
    assert len(sent) == 1


def test_neighbors_stand_by_space_not_by_number(cast: Cast) -> None:
    made = cast.series(images=4)
    images = cast.images_of(made)
    with transaction() as session:
        for image, position in zip(images, (30.0, -5.0, 10.0, None), strict=True):
            session.get_one(Instance, image).position_mm = position
    order = [images[3], images[1], images[2], images[0]]

    assert [one.id for one in instances.in_order(EVERYTHING, made)] == order
    assert [instances.nth(EVERYTHING, made, place) for place in (1, 2, 3, 4)] == order
    found = instances.neighbors(EVERYTHING, instances.by_id(EVERYTHING, images[2]))
    assert (found.position, found.total) == (3, 4)
    assert (found.first_id, found.previous_id, found.next_id, found.last_id) == (
        images[3],
        images[1],
        images[0],
        images[0],
    )
    assert [one.id for one in found.around] == order
    with pytest.raises(NotFoundError):
        instances.nth(EVERYTHING, made, 5)
    with pytest.raises(NotFoundError):
        instances.nth(EVERYTHING, made, 0)


def test_an_image_in_the_bin_has_no_place_in_its_series(cast: Cast) -> None:
    images = cast.images_of(cast.series(images=2))
    cast.put_in_bin(images[0])

    found = instances.neighbors(EVERYTHING, instances.by_id(EVERYTHING, images[0]))

    assert (found.position, found.total, found.first_id) == (0, 1, images[1])
    assert not instances.detail(EVERYTHING, images[0]).is_visible


def test_the_history_of_an_object_is_the_same_from_each_of_its_versions(cast: Cast) -> None:
    first = cast.images_of(cast.series())[0]
    second = cast.replace(first)
    third = cast.replace(second)

    for version in (first, second, third):
        assert [one.id for one in instances.history(EVERYTHING, version)] == [third, second, first]


@pytest.mark.parametrize("row_id", [0, -1, 999, 1 << 62, 1 << 70])
def test_what_is_not_here_is_not_found(cast: Cast, row_id: int) -> None:
    for look in (instances.by_id, instances.detail, series.by_id, series.page, studies.page, patients.page):
        with pytest.raises(NotFoundError):
            look(EVERYTHING, row_id)
    for look in (collections.by_id, receipts.account, bins.by_id):
        with pytest.raises(NotFoundError):
            look(EVERYTHING, row_id)


def test_the_pages_of_series_study_and_patient_show_what_belongs_together(cast: Cast) -> None:
    first = cast.series(patient="Doe^Jane", study_uid="1.2.3.4", number=2, images=3)
    second = cast.series(patient="Doe^Jane", study_uid="1.2.3.4", number=1)
    later = cast.series(patient="Doe^Jane", date="20230101")

    of_series = series.page(EVERYTHING, first)
    of_study = studies.page(EVERYTHING, of_series.study.id)
    of_patient = patients.page(EVERYTHING, of_series.patient.id)

    assert [one.id for one in of_series.siblings] == [second, first]
    assert [one.id for one in of_series.slices] == cast.images_of(first)
    assert [card.id for card in of_study.series] == [second, first]
    assert [one.id for one in of_study.others] == [series.by_id(EVERYTHING, later).study_key]
    assert [card.date for card in of_patient.studies] == ["1 Jan 2023", "15 Jan 2020"]


def test_a_series_knows_those_beside_it_in_its_study(cast: Cast) -> None:
    last = cast.series(patient="Doe^Jane", study_uid="1.2.3.4", number=3)
    first = cast.series(patient="Doe^Jane", study_uid="1.2.3.4", number=1)
    middle = cast.series(patient="Doe^Jane", study_uid="1.2.3.4", number=2)
    alone = cast.series(patient="Roe^Rick")

    def beside(series_id: int) -> tuple[int, int, int | None, int | None]:
        found = series.beside(EVERYTHING, series.by_id(EVERYTHING, series_id))
        before, after = (card.id if card else None for card in (found.previous, found.next))
        return found.position, found.total, before, after

    assert beside(first) == (1, 3, None, middle)
    assert beside(middle) == (2, 3, first, last)
    assert beside(last) == (3, 3, middle, None)
    assert beside(alone) == (1, 1, None, None)


def test_a_selection_is_every_image_below_what_was_chosen_once(cast: Cast) -> None:
    first = cast.series(patient="Doe^Jane", images=3)
    second = cast.series(patient="Roe^Rick", images=2, modality="MR")
    of_first, of_second = cast.images_of(first), cast.images_of(second)
    study = series.by_id(EVERYTHING, first).study_key

    chosen = Selection(images=(of_second[1], of_first[0]), series=(first,), studies=(study,))
    assert selection.instance_ids(EVERYTHING, chosen) == [*of_first, of_second[1]]
    for level in Level:
        query = SearchQuery(level=level, facets=(("modality", ("MR",)),))
        assert selection.instance_ids(EVERYTHING, Selection(query=query)) == of_second
        assert selection.count(EVERYTHING, Selection(query=query)).number == 2
    assert selection.instance_ids(EVERYTHING, Selection()) == []
    assert Selection().is_empty


@pytest.mark.parametrize(
    ("study", "file"),
    [
        ("plain", "a.dcm"),
        ("../../etc", "passwd"),
        ("研究", "画像/1"),
        ("a/b", "c/d"),
        ("a/b/c", "d"),
        ("a", "b"),
        ("x" * 300, "y" * 300),
        ("nul\0", "n\0"),
        ("e\u0301", "o\u0308"),
        ("%", "_"),
        ("", ""),
    ],
)
def test_a_file_of_a_collection_is_found_by_its_names_whatever_they_are(cast: Cast, study: str, file: str) -> None:
    images = cast.images_of(cast.series(images=3))
    cast.collection(collections.kept(study), images[1], file_names=[collections.kept(file)])
    cast.collection("decoy", images[0], file_names=["b/c/d"])

    for found in (
        collections.file_named(EVERYTHING, study, file),
        collections.longest_match(EVERYTHING, f"{study}/{file}"),
    ):
        assert found is not None
        assert (found.instance_id, found.study, found.file) == (
            images[1],
            collections.kept(study),
            collections.kept(file),
        )
    assert collections.exists(EVERYTHING, study)
    assert collections.file_names(EVERYTHING, study) == [collections.kept(file)]


def test_the_longest_known_name_of_a_collection_wins(cast: Cast) -> None:
    images = cast.images_of(cast.series(images=2))
    cast.collection("a", images[0], file_names=["b/c"])
    cast.collection("a/b", images[1], file_names=["c"])

    found = collections.longest_match(EVERYTHING, "a/b/c")

    assert found is not None
    assert (found.study, found.file) == ("a/b", "c")
    assert collections.longest_match(EVERYTHING, "a/b/c/d") is None
    assert collections.longest_match(EVERYTHING, "a") is None
    assert collections.file_names(EVERYTHING, "b") is None


def test_a_name_leads_to_what_replaced_its_file_and_to_nothing_in_the_bin(cast: Cast) -> None:
    image = cast.images_of(cast.series())[0]
    cast.collection("Set", image)
    new = cast.replace(cast.replace(image))

    found = collections.file_named(EVERYTHING, "Set", "file-000")
    assert found is not None
    assert found.instance_id == new
    cast.put_in_bin(new)
    assert collections.file_named(EVERYTHING, "Set", "file-000") is None


def test_collections_are_listed_by_name_with_counts_and_covers_page_by_page(cast: Cast) -> None:
    images = cast.images_of(cast.series(images=3))
    for name in ("c", "a", "b", "d"):
        cast.collection(name, *images)
    first = collections.listing(EVERYTHING, limit=3)
    second = collections.listing(EVERYTHING, cursor=first.next_cursor, limit=3)

    assert [one.name for one in first.items + second.items] == collections.names(EVERYTHING) == ["a", "b", "c", "d"]
    assert [(one.count, one.series_count, len(one.covers)) for one in second.items] == [(3, 1, 1)]
    assert second.next_cursor is None


def test_members_of_a_collection_come_by_name_page_by_page_without_what_is_hidden(cast: Cast) -> None:
    images = cast.images_of(cast.series(images=5))
    made = cast.collection("Set", *images)
    cast.put_in_bin(images[1])
    first = collections.members(EVERYTHING, made, limit=2)
    second = collections.members(EVERYTHING, made, cursor=first.next_cursor, limit=2)

    assert [one.file_name for one in first.items + second.items] == ["file-000", "file-002", "file-003", "file-004"]
    assert second.next_cursor is None
    assert collections.count(EVERYTHING, made) == 4


def test_files_of_a_collection_are_counted_as_they_move_leave_and_come(cast: Cast) -> None:
    first, second = cast.images_of(cast.series(images=2)), cast.images_of(cast.series(images=2))
    made = cast.collection("Set", *first, second[0])
    assert _counted() == {(made, 1): 2, (made, 2): 1}

    with transaction() as session:
        session.get_one(CollectionMember, (made, "file-000")).instance_id = second[1]
    assert _counted() == {(made, 1): 1, (made, 2): 2}
    new = cast.replace(second[1])
    assert _counted() == {(made, 1): 1, (made, 2): 1}
    with transaction() as session:
        session.get_one(CollectionMember, (made, "file-000")).instance_id = new
    assert _counted() == {(made, 1): 1, (made, 2): 2}
    with transaction() as session:
        for name in ("file-000", "file-001", "file-002"):
            session.delete(session.get_one(CollectionMember, (made, name)))
    assert _counted() == {}


def _counted() -> dict[tuple[int, int], int]:
    with transaction() as session:
        rows = session.scalars(db.select(CollectionSeries).execution_options(populate_existing=True)).all()
        return {(row.collection_id, row.series_key): row.members for row in rows}


def test_a_receipt_adds_up_and_its_lines_come_in_order_page_by_page(cast: Cast) -> None:
    with transaction() as session:
        for _ in range(2):
            receipt = Receipt(workspace_id=1, actor_id="owner", origin="form", created_at=cast.at())
            session.add(receipt)
            session.flush()
        kinds = [("accepted", ""), ("rejected", "truncated"), ("rejected", "invalid_type"), ("rejected", "truncated")]
        for n, (outcome, reason) in enumerate(kinds):
            session.add(ReceiptLine(receipt_id=receipt.id, name=f"f{n}", outcome=outcome, reason=reason))
            session.flush()
        receipt_id = receipt.id

    account = receipts.account(EVERYTHING, receipt_id)
    first = receipts.lines(EVERYTHING, receipt_id, outcome="rejected", limit=2)
    second = receipts.lines(EVERYTHING, receipt_id, outcome="rejected", cursor=first.next_cursor, limit=2)

    assert account.outcomes == {"rejected": 3, "accepted": 1}
    assert list(account.reasons.items()) == [("truncated", 2), ("invalid_type", 1)]
    assert [line.name for line in first.items + second.items] == ["f1", "f2", "f3"]
    assert [line.name for line in receipts.lines(EVERYTHING, receipt_id, reason="truncated").items] == ["f1", "f3"]
    newest = receipts.listing(EVERYTHING, limit=1)
    assert [one.id for one in newest.items] == [receipt_id]
    assert [one.id for one in receipts.listing(EVERYTHING, cursor=newest.next_cursor).items] == [receipt_id - 1]


def test_the_bin_lists_deletions_newest_first_with_counts_and_covers(cast: Cast) -> None:
    first, second = cast.series(images=3), cast.series(images=2)
    older = cast.put_in_bin(*cast.images_of(first), cast.images_of(second)[0])
    newer = cast.put_in_bin(cast.images_of(second)[1])
    gone = cast.put_in_bin(*cast.images_of(cast.series()))
    cast.bring_back(gone)

    page = bins.listing(EVERYTHING, limit=1)
    following = bins.listing(EVERYTHING, cursor=page.next_cursor)

    assert [(one.id, one.count, len(one.covers)) for one in page.items + following.items] == [
        (newer, 1, 1),
        (older, 4, 2),
    ]
    assert bins.count(EVERYTHING) == 5
    some = bins.images(EVERYTHING, older, limit=3)
    rest = bins.images(EVERYTHING, older, cursor=some.next_cursor, limit=3)
    assert [card.id for card in some.items + rest.items] == [*cast.images_of(first), cast.images_of(second)[0]]


def test_changes_are_told_once_a_series_from_where_one_last_asked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        for series_id, kind in ((1, "added"), (2, "pictured"), (2, "removed"), (1, "pictured")):
            session.add(Change(workspace_id=1, series_key=series_id, kind=kind, at=now()))
            session.flush()

    everything = changes.since(EVERYTHING, 0)
    # The first is new to who asks from the beginning, pictures or not.
    assert {(one.series_id, one.kind) for one in everything.changes} == {(1, "added"), (2, "removed")}
    assert everything.latest == changes.latest(EVERYTHING) == 4
    assert [(one.series_id, one.kind) for one in changes.since(EVERYTHING, 3).changes] == [(1, "pictured")]
    assert changes.since(EVERYTHING, everything.latest).changes == ()
    assert changes.since(EVERYTHING, None).latest == 4
    monkeypatch.setattr(changes, "MOST", 2)
    assert changes.since(EVERYTHING, 0).more


def test_totals_add_up(cast: Cast) -> None:
    images = cast.images_of(cast.series(patient="A", images=3))
    cast.series(patient="B", modality="MR")
    cast.put_in_bin(images[0])
    cast.replace(images[1])

    found = totals.of(EVERYTHING)

    assert (found.patients, found.studies, found.series, found.instances) == (2, 2, 2, 3)
    assert (found.binned, found.replaced, found.unprepared) == (1, 1, 5)
    assert found.modalities == {"CT": 1, "MR": 1}


def test_how_many_have_a_tag_counts_series_not_words(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.series(words_of=["kvp:120", "kvp:80", "kvpother:1"])
    cast.series(words_of=["kvp:100"])
    cast.series(words_of=["kv:1"])

    assert words.how_many_have(EVERYTHING, "KVP").number == 2
    monkeypatch.setattr(words, "MOST_READ", 1)
    assert words.how_many_have(EVERYTHING, "KVP").capped
