"""The word index behind `Keyword=value`: one token a word of an attribute, once a series."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from dicomgallery.access import Scope
from dicomgallery.catalog.count import CAP, Count
from dicomgallery.catalog.scoping import visible
from dicomgallery.models import Series, SeriesWord, db

LONGEST = 120
MOST_READ = 100_000


def key(token: str) -> str:
    """The token as the index keeps it: at most 120 characters, no NUL."""
    return token.replace("\0", "")[:LONGEST]


def index_words(session: Session, series_id: int, tokens: Iterable[str]) -> None:
    """Enter the words of one instance into the index of its series; those known already stay."""
    enter(session, [(token, series_id) for token in tokens])


def enter(session: Session, pairs: Iterable[tuple[str, int]]) -> None:
    """Enter (token, series id) pairs; those known already stay."""
    # In one order, so that two writers never wait for each other and pages fill one after another.
    rows = sorted({(key(token), series_id) for token, series_id in pairs})
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(SeriesWord).on_conflict_do_nothing()
    session.execute(statement, [{"token": token, "series_key": series_id} for token, series_id in rows])


def how_many_have(scope: Scope, keyword: str) -> Count:
    """How many visible series have a value for this keyword, up to the cap."""
    prefix = key(keyword.lower())
    # Every value that differs is a token of its own: what is read is bounded too.
    read = (
        select(SeriesWord.series_key)
        .where(SeriesWord.token >= f"{prefix}:", SeriesWord.token < f"{prefix};")
        .limit(MOST_READ)
        .subquery()
    )
    found = visible(select(Series.id).where(Series.id.in_(select(read.c.series_key))), Series, scope).limit(CAP + 1)
    tokens = select(func.count()).select_from(read)
    number, were_read = db.session.execute(
        select(select(func.count()).select_from(found.subquery()).scalar_subquery(), tokens.scalar_subquery())
    ).one()
    return Count.up_to_cap(number, capped=were_read >= MOST_READ)
