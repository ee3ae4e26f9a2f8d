"""A few rows for each of several owners, in one statement."""

from collections.abc import Mapping

from sqlalchemy import Integer, literal, select, union_all

from dicomgallery.access import Scope
from dicomgallery.catalog.scoping import AnySelect
from dicomgallery.models import db


def first_of_each(scope: Scope, statements: Mapping[int, AnySelect]) -> dict[int, list[int]]:
    """The ids that each owner's own (limited, already scoped) statement selects, by the owner's id."""
    if not statements:
        return {}
    parts = []
    for owner, statement in statements.items():
        rows = statement.subquery()
        parts.append(select(literal(owner, Integer), rows.c[0]))
    found: dict[int, list[int]] = {}
    for owner, row_id in db.session.execute(union_all(*parts)):
        found.setdefault(owner, []).append(row_id)
    return found
