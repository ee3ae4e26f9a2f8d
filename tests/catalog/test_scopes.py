"""Two workspaces, and nothing crosses from one to the other."""

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from dicomgallery import catalog
from dicomgallery.access import Scope
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
from dicomgallery.catalog.query import Level, SearchQuery, Sort, parse
from dicomgallery.catalog.selection import Selection
from dicomgallery.errors import NotFoundError
from dicomgallery.models import Change, Instance, Receipt, ReceiptLine, Study, db, now, transaction
from tests.catalog.cast import EVERYTHING, HOME, OTHER, Cast

NOBODY = Scope(frozenset())

WRITERS = {"counters", "texts", "words", "tally"}
"""They change rows inside the transaction of a deed, whose actor was asked before."""

PURE = {
    "batches.batches": "cuts lists",
    "batches.plain_rows": "runs what it is given",
    "cursors.encode": "text",
    "cursors.decode": "text",
    "cursors.check": "text",
    "query.parse": "text",
    "facets.tidy": "text",
    "texts.plain": "text",
    "texts.text_of": "text",
    "texts.short_words": "text",
    "words.key": "text",
    "collections.kept": "text",
    "headers.holds": "one header that was read already",
    "images.clauses": "conditions",
    "instances.images_of": "spreads what it is given",
    "images.header_tokens": "conditions",
    "scoping.probing": "a condition",
    "scoping.shown": "a condition, beside one on the scope",
    "scoping.visible": "its scope comes last, as agreed",
    "memo.remembered": "finds by what it is given",
}


def modules() -> list[ModuleType]:
    """All modules of the room."""
    names = [info.name for info in pkgutil.iter_modules(catalog.__path__)]
    return [importlib.import_module(f"dicomgallery.catalog.{name}") for name in names]


def public_functions() -> list[tuple[str, Callable[..., Any]]]:
    """All public functions of the room by module.name."""
    return [
        (f"{module.__name__.rpartition('.')[2]}.{name}", function)
        for module in modules()
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]


@pytest.mark.parametrize(
    ("name", "function"), public_functions(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_whatever_reads_rows_takes_the_scope_first(name: str, function: Callable[..., Any]) -> None:
    first = next(iter(inspect.signature(function).parameters), "")
    if name in PURE:
        assert first != "scope", "strike it from the list"
    elif first == "session":
        assert name.partition(".")[0] in WRITERS
    else:
        assert first == "scope"


@pytest.fixture
def two(cast: Cast) -> dict[str, int]:
    """A series in each workspace, alike in everything, with all that can belong to it."""
    cast.workspace()
    made: dict[str, int] = {}
    for name, workspace_id in (("home", 1), ("other", 2)):
        one = cast.series(
            patient="Same^Name",
            study_uid="1.2.3.4.5.6",
            series_uid="1.2.3.4.5.7",
            workspace_id=workspace_id,
            images=2,
            body_part="KNEE",
            words_of=["imagecomments:same"],
        )
        made[name] = one
        made[f"{name} collection"] = cast.collection("Set", *cast.images_of(one), workspace_id=workspace_id)
        gone = cast.series(patient="Gone", workspace_id=workspace_id)
        made[f"{name} deed"] = cast.put_in_bin(*cast.images_of(gone), workspace_id=workspace_id)
        with transaction() as session:
            receipt = Receipt(workspace_id=workspace_id, actor_id="owner", origin="form", created_at=now())
            session.add(receipt)
            session.add(Change(workspace_id=workspace_id, series_key=one, kind="added", at=now()))
            session.flush()
            session.add(ReceiptLine(receipt_id=receipt.id, name="a.dcm", outcome="accepted"))
            made[f"{name} receipt"] = receipt.id
    return made


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"q": ["same"]},
        {"q": ["sa"]},
        {"q": ["1.2.3.4.5.6"]},
        {"q": ["1.2.3.4.5.7"]},
        {"q": ["ImageComments=same"]},
        {"body_part": ["KNEE"]},
        {"from": ["2020"]},
    ],
    ids=str,
)
def test_a_search_stays_in_its_workspace(cast: Cast, two: dict[str, int], asked: dict[str, list[str]]) -> None:
    for image in cast.rows():
        cast.header(image.id, {"ImageComments": ("00204000", "LT", "same")})
    for level, sort in itertools.product(Level, Sort):
        query = replace(parse(asked), level=level, sort=sort)

        assert search.page(NOBODY, query).items == []
        assert search.count(NOBODY, query).number == 0
        mine, theirs, both = (
            {card.id for card in search.page(scope, query).items} for scope in (HOME, OTHER, EVERYTHING)
        )
        assert mine, (level, sort)
        assert theirs, (level, sort)
        assert not mine & theirs
        assert both == mine | theirs
        assert search.count(HOME, query).number == len(mine)


def test_a_collection_of_another_workspace_narrows_to_nothing(two: dict[str, int]) -> None:
    query = SearchQuery(collection_id=two["other collection"])

    assert search.page(HOME, query).items == []
    assert [
        value.label for facet in facets.of(HOME, query) for value in facet.values if facet.name == "collection"
    ] == ["Set"]


def test_facets_count_the_workspace_alone(two: dict[str, int]) -> None:
    for query in (SearchQuery(), parse({"q": ["same"]})):
        for scope, wanted in ((HOME, 1), (OTHER, 1), (EVERYTHING, 2), (NOBODY, 0)):
            found = {facet.name: facet for facet in facets.of(scope, query)}

            assert sum(value.count for value in found["body_part"].values) == wanted
            assert len(found["collection"].values) == wanted
            assert sum(year.count for year in facets.years(scope, query)) == wanted


@pytest.mark.parametrize(
    "look",
    [
        lambda two: series.by_id(HOME, two["other"]),
        lambda two: series.page(HOME, two["other"]),
        lambda two: instances.by_id(HOME, _image(two)),
        lambda two: instances.detail(HOME, _image(two)),
        lambda two: instances.history(HOME, _image(two)),
        lambda two: instances.nth(HOME, two["other"], 1),
        lambda two: studies.by_id(HOME, _study(two).id),
        lambda two: studies.page(HOME, _study(two).id),
        lambda two: patients.by_id(HOME, _study(two).patient_key),
        lambda two: patients.page(HOME, _study(two).patient_key),
        lambda two: collections.by_id(HOME, two["other collection"]),
        lambda two: collections.members(HOME, two["other collection"]),
        lambda two: collections.count(HOME, two["other collection"]),
        lambda two: receipts.by_id(HOME, two["other receipt"]),
        lambda two: receipts.account(HOME, two["other receipt"]),
        lambda two: receipts.lines(HOME, two["other receipt"]),
        lambda two: bins.by_id(HOME, two["other deed"]),
        lambda two: bins.images(HOME, two["other deed"]),
    ],
)
def test_what_is_another_workspaces_is_not_found(two: dict[str, int], look: Callable[[dict[str, int]], Any]) -> None:
    with pytest.raises(NotFoundError):
        look(two)


def test_lists_show_the_workspaces_own(cast: Cast, two: dict[str, int]) -> None:
    other = cast.images_of(two["other"])

    assert instances.in_order(HOME, two["other"]) == []
    assert instances.ordered(HOME, [two["other"]]) == {}
    assert instances.visible_ids(HOME, other) == []
    assert instances.rows_of(HOME, other) == []
    assert instances.collections_of(HOME, other[0]) == []
    assert instances.header_of(HOME, other[0]) is None
    assert len(instances.unprepared(HOME)) * 2 == len(instances.unprepared(EVERYTHING))
    assert [one.id for one in series.by_uid(HOME, "1.2.3.4.5.7")] == [two["home"]]
    assert len(studies.by_uid(HOME, "1.2.3.4.5.6")) == 1
    assert studies.of_patient(HOME, _study(two).patient_key) == []
    assert [one.id for one in collections.listing(HOME).items] == [two["home collection"]]
    found = collections.file_named(HOME, "Set", "file-000")
    assert found is not None
    assert found.collection_id == two["home collection"]
    assert [one.id for one in receipts.listing(HOME).items] == [two["home receipt"]]
    assert [one.id for one in bins.listing(HOME).items] == [two["home deed"]]
    assert bins.count(HOME) == 1
    assert [one.series_id for one in changes.since(HOME, 0).changes] == [two["home"]]
    assert totals.of(HOME).series == 1
    assert totals.of(HOME).instances == 2
    assert totals.of(EVERYTHING).instances == 4
    assert words.how_many_have(HOME, "ImageComments").number == 1
    assert words.how_many_have(NOBODY, "ImageComments").number == 0


def test_a_selection_holds_nothing_from_elsewhere(cast: Cast, two: dict[str, int]) -> None:
    study = _study(two)
    chosen = Selection(
        images=tuple(cast.images_of(two["other"])),
        series=(two["other"],),
        studies=(study.id,),
        patients=(study.patient_key,),
    )

    assert selection.instance_ids(HOME, chosen) == []
    assert selection.instance_ids(HOME, Selection(query=SearchQuery())) == cast.images_of(two["home"])


def _image(two: dict[str, int]) -> int:
    return int(db.session.scalars(db.select(Instance.id).where(Instance.series_key == two["other"])).all()[0])


def _study(two: dict[str, int]) -> Study:
    return db.session.scalars(db.select(Study).where(Study.workspace_id == 2).order_by(Study.id)).all()[0]
