"""The database: one session, one commit site, one kind of clock."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from dicomgallery.errors import UnavailableError
from dicomgallery.models.direct import handed_over, is_handed_over

WRITE = "gallery_write"
_ATTEMPTS: Final = 3
_DEADLOCK: Final = "40P01"
"""PostgreSQL's deadlock_detected; SQLite has one writer at a time."""

Result = TypeVar("Result")


class Base(DeclarativeBase):
    """Every table of the catalog."""


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept as UTC; naive ones are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A clock without its zone must not reach the database.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the instant back with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def is_sqlite() -> bool:
    """Say whether the catalog is the embedded one."""
    return bool(db.engine.dialect.name == "sqlite")


@contextmanager
def transaction() -> Iterator[Session]:
    """Do one deed: everything written inside is committed at its end, or nothing is.

    SQLite takes its write lock at once (BEGIN IMMEDIATE): a deferred transaction that
    starts by reading fails as soon as another writer commits in between.
    """
    session: Session = db.session()
    if is_handed_over(session):
        # To begin this one would undo what the other has written, and nobody would know.
        raise RuntimeError("A transaction began inside another one.")
    session.rollback()
    try:
        with _told_busy():
            connection = session.connection(execution_options={WRITE: True})
        with handed_over(session, connection):
            yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def apart() -> Iterator[Session]:
    """Like `transaction`, for work that reads and writes through the session it is given alone, never `db.session`.

    It costs a third of the other; every file that arrives needs one.
    """
    if db.session.registry.has():
        # What is read afterwards must not be what was there before.
        db.session.rollback()
    with db.engine.connect() as connection:
        with _told_busy():
            begun = connection.execution_options(**{WRITE: True}).begin()
        with begun, Session(connection, expire_on_commit=False) as session, handed_over(session, connection):
            yield session
            session.flush()


def retried(
    work: Callable[[Session], Result], within: Callable[[], AbstractContextManager[Session]] = transaction
) -> Result:
    """Do one deed in a transaction of its own, again when another process came in between; `work` may run thrice."""
    for _ in range(_ATTEMPTS - 1):
        try:
            with within() as session:
                return work(session)
        except DBAPIError as error:
            if not _may_pass(error):
                raise
    with within() as session:
        return work(session)


def _may_pass(error: DBAPIError) -> bool:
    """Say whether another try may succeed: two processes made the same row at once, or waited for each other."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) == _DEADLOCK


@contextmanager
def _told_busy() -> Iterator[None]:
    """Say in plain words that no turn to write came within the busy timeout."""
    try:
        yield
    except OperationalError as error:
        if _is_busy(error):
            raise UnavailableError("The gallery is busy writing; try again in a moment.") from error
        raise


def _is_busy(error: OperationalError) -> bool:
    """Say whether SQLite's other writers left no turn within the busy timeout."""
    code = getattr(error.orig, "sqlite_errorcode", 0)
    # The low byte is the primary code (https://www.sqlite.org/rescode.html).
    return bool(code & 0xFF == sqlite3.SQLITE_BUSY)


def in_context(work: Callable[[], Any]) -> Callable[[], Any]:
    """Bind work to the present application, so that another thread can run it."""
    app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 - Flask's documented way

    def run() -> Any:
        with app.app_context():
            return work()

    return run


_prepared: set[int] = set()
_prepared_guard = threading.Lock()


def prepare_engine(engine: Engine) -> None:
    """Set SQLite up for durable, concurrent use; other databases need nothing."""
    with _prepared_guard:
        if engine.dialect.name != "sqlite" or id(engine) in _prepared:
            return
        _prepared.add(id(engine))
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself; _on_begin does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-32000",
        "mmap_size=268435456",
        "temp_store=MEMORY",
        "wal_autocheckpoint=4000",
        "journal_size_limit=67108864",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITE) else "BEGIN DEFERRED"
    try:
        # At the driver: a fifth of a short transaction would else be spent on saying these two words.
        cast("sqlite3.Connection", connection.connection.dbapi_connection).execute(begin)
    except sqlite3.Error as error:
        raise DBAPIError.instance(begin, None, error, sqlite3.Error, dialect=connection.dialect) from error
