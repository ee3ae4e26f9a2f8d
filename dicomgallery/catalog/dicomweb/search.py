"""Searching studies, series and instances as QIDO-RS does (PS3.18 10.6).

Columns are asked first. Where they cannot decide, each candidate is made into what would be answered, the header of
the instance that stands for it beside, and looked at again; so many are looked at, and the answer says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, func, select

from dicomgallery.access import Scope
from dicomgallery.catalog.batches import batches, plain_rows
from dicomgallery.catalog.dicomweb.answering import Answers
from dicomgallery.catalog.dicomweb.asking import Asked, nested
from dicomgallery.catalog.dicomweb.columns import Resource
from dicomgallery.catalog.dicomweb.conditions import Narrowed, conditions, is_below, is_stored
from dicomgallery.catalog.scoping import AnySelect, visible
from dicomgallery.dicom.matching import Universal, matches
from dicomgallery.models import Base, Instance, Patient, Series, Study, db

COUNTED: Final = 10_000
"""More results that remain are not counted."""
MOST_CANDIDATES: Final = 50_000
MOST_HEADERS: Final = 5_000
"""So many candidates are looked at, and so many where headers have to be read."""
_FIRST_LOOK: Final = 50

Model = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: DICOM JSON models, and what there is to say of them, a sentence each."""

    models: Sequence[Model]
    remarks: Sequence[str] = field(default=())


def search(scope: Scope, asked: Asked) -> Found:
    """The resources that match, in an order that stays while nothing comes or goes."""
    narrowed = list(conditions(scope, asked))
    statement = _candidates(scope, asked, narrowed)
    if all(one.exact for one in narrowed):
        return _straight(scope, asked, statement)
    return _looked_at(scope, asked, statement)


def _straight(scope: Scope, asked: Asked, statement: Select[int]) -> Found:
    page = statement.limit(asked.limit + 1).offset(asked.offset)
    ids = [row[0] for row in plain_rows(page)]
    remarks = list(asked.remarks)
    if len(ids) > asked.limit:
        rest = statement.order_by(None).limit(COUNTED + 1).offset(asked.offset + asked.limit)
        remaining = db.session.scalar(select(func.count()).select_from(rest.subquery())) or 0
        remarks.append(_more(remaining))
    answers = Answers(scope, asked)
    return Found([answers.told(one) for one in answers.of(ids[: asked.limit])], remarks)


def _looked_at(scope: Scope, asked: Asked, statement: Select[int]) -> Found:
    answers = Answers(scope, asked)
    reads_headers = any(is_stored(path) for path, key in asked.keys.items() if not isinstance(key, Universal))
    most = MOST_HEADERS if reads_headers else MOST_CANDIDATES
    ids = [row[0] for row in plain_rows(statement.limit(most + 1))]
    # What stands below has been looked for by the database.
    tree = nested({path: key for path, key in asked.keys.items() if not is_below(asked.resource, path)})
    wanted = asked.offset + asked.limit
    models: list[Model] = []
    matched = 0
    remarks = list(asked.remarks)
    for some in _growing(ids[:most]):
        for candidate in answers.of(some, with_headers=reads_headers):
            model = candidate.whole()
            if matches(model, tree) and all(one.holds(model) for one in asked.combined):
                matched += 1
                if asked.offset < matched <= wanted:
                    models.append(answers.told(candidate))
        if matched > wanted:
            remarks.append("There are additional results that can be requested.")
            break
    else:
        if len(ids) > most:
            remarks.append(
                f"Only the first {most} candidates were looked at. Add a key that narrows the search, as StudyDate "
                "or PatientID."
            )
    if answers.unread:
        remarks.append(f"{answers.unread} candidates have no header in the catalog yet and were left out.")
    return Found(models, remarks)


def _more(remaining: int) -> str:
    count = f"more than {COUNTED}" if remaining > COUNTED else str(remaining)
    return f"There are {count} additional results that can be requested."


def _growing(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    yield ids[:_FIRST_LOOK]
    yield from batches(ids[_FIRST_LOOK:])


def _candidates(scope: Scope, asked: Asked, narrowed: Sequence[Narrowed]) -> Select[int]:
    """The ids of the rows that the columns let pass, in the order of the answer."""
    needed: set[type[Base]] = set().union(*(one.models for one in narrowed))
    clauses = [one.clause for one in narrowed if one.clause is not None]
    statement: AnySelect
    match asked.resource:
        case Resource.STUDIES:
            statement = visible(select(Study.id), Study, scope)
            statement = statement.order_by(Study.date_key.desc(), Study.id.desc())
        case Resource.SERIES:
            statement = visible(select(Series.id), Series, scope)
            if asked.study_uid:
                statement = statement.order_by(Series.number.is_(None), Series.number, Series.id)
            else:
                statement = statement.order_by(Series.date_key.desc(), Series.id.desc())
            if needed & {Study, Patient}:
                statement = statement.join(Study, Series.study_key == Study.id)
        case Resource.INSTANCES:
            statement = visible(select(Instance.id), Instance, scope)
            if asked.study_uid:
                order = (Instance.series_key, Instance.number.is_(None), Instance.number, Instance.id)
                statement = statement.order_by(*order)
            else:
                statement = statement.order_by(Instance.id.desc())
            if needed & {Series, Study, Patient}:
                statement = statement.join(Series, Instance.series_key == Series.id)
            if needed & {Study, Patient}:
                statement = statement.join(Study, Series.study_key == Study.id)
    if Patient in needed:
        statement = statement.join(Patient, Study.patient_key == Patient.id)
    return statement.where(*clauses)
