"""Statements of the hot path: written with SQLAlchemy, compiled once for a database, run at its driver.

What SQLAlchemy does around each execution costs many times what SQLite needs for the statement itself. Used where
every file that arrives runs it; everywhere else the session is the way.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

Parameters = Mapping[str, Any]
Rows = list[tuple[Any, ...]]

_DRIVER = "gallery_driver"


@dataclass(frozen=True, slots=True)
class _Driver:
    """The cursor of the running transaction."""

    dialect: Dialect
    cursor: Any


class Direct:
    """A statement with named parameters; rows come as the driver gives them: whole numbers, texts, None."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: Session, parameters: Parameters) -> Rows:
        """Run it once and give its rows."""
        driver = _driver_of(session)
        compiled = self._for(driver.dialect, parameters)
        try:
            driver.cursor.execute(compiled.text, compiled.bound(parameters))
            return cast("Rows", driver.cursor.fetchall())
        except _errors_of(driver) as error:
            raise _told(error, driver, compiled) from error

    def rows_of_each(self, session: Session, many: Sequence[Parameters]) -> list[Rows]:
        """Run it for each set of parameters, all with the same names; gives the rows of each in order."""
        driver = _driver_of(session)
        if len(many) < 2 or driver.dialect.name == "sqlite":
            return [self.rows(session, parameters) for parameters in many]
        compiled = self._for(driver.dialect, many[0])
        found: list[Rows] = []
        try:
            # The driver sends all of them before it waits for the first answer.
            driver.cursor.executemany(compiled.text, [compiled.bound(one) for one in many], returning=True)
            for _ in many:
                found.append(driver.cursor.fetchall())
                driver.cursor.nextset()
        except _errors_of(driver) as error:
            raise _told(error, driver, compiled) from error
        return found

    def rows_of_all(self, session: Session, many: Sequence[Parameters]) -> Rows:
        """Run it for each set of parameters, all with the same names; gives all rows, one after the other."""
        return list(chain.from_iterable(self.rows_of_each(session, many)))

    def run(self, session: Session, *many: Parameters) -> None:
        """Run it for each set of parameters, all with the same names, when it gives no rows."""
        if not many:
            return
        driver = _driver_of(session)
        compiled = self._for(driver.dialect, many[0])
        try:
            driver.cursor.executemany(compiled.text, [compiled.bound(one) for one in many])
        except _errors_of(driver) as error:
            raise _told(error, driver, compiled) from error

    def _for(self, dialect: Dialect, parameters: Parameters) -> "_Compiled":
        if (known := self._compiled.get(dialect.name)) is None:
            known = self._compiled[dialect.name] = _Compiled.of(self._statement, dialect, list(parameters))
        if len(parameters) != known.given:
            raise ValueError("A statement that is compiled once takes the same parameters each time.")
        return known


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What the driver is given."""

    text: str
    names: tuple[str, ...] | None
    """The parameters in their order, where the driver counts them; None where it knows them by name."""
    fixed: dict[str, Any]
    """Values that stand in the statement itself, and the defaults of columns that are not given."""
    converters: dict[str, Any]
    given: int
    """How many parameters a run gives."""

    @classmethod
    def of(cls, statement: Any, dialect: Dialect, given: list[str]) -> "_Compiled":
        """Compile a statement whose parameters have these names."""
        keys = given if isinstance(statement, Insert) else None
        compiled = cast("SQLCompiler", statement.compile(dialect=dialect, column_keys=keys))
        if compiled.post_compile_params:
            raise ValueError("A list of values has no fixed place in a statement that is compiled once.")
        converters = {}
        for name, bind in compiled.binds.items():
            if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None:
                converters[name] = convert
        fixed = {name: bind.value for name, bind in compiled.binds.items() if name not in given}
        if isinstance(statement, Insert):
            fixed |= {column.key: cast("Any", column.default).arg for column in compiled.insert_prefetch}
        fixed = {name: converters[name](value) if name in converters else value for name, value in fixed.items()}
        names = tuple(compiled.positiontup) if compiled.positiontup is not None else None
        return cls(compiled.string, names, fixed, converters, len(given))

    def bound(self, parameters: Parameters) -> Any:
        """The parameters as the driver wants them."""
        values = {**self.fixed, **parameters}
        for name, convert in self.converters.items():
            if name in parameters:
                values[name] = convert(values[name])
        return values if self.names is None else [values[name] for name in self.names]


@contextmanager
def handed_over(session: Session, connection: Connection) -> Iterator[None]:
    """Let direct statements of this session run on this connection meanwhile."""
    cursor = connection.connection.cursor()
    session.info[_DRIVER] = _Driver(connection.dialect, cursor)
    try:
        yield
    finally:
        del session.info[_DRIVER]
        cursor.close()


def is_handed_over(session: Session) -> bool:
    """Say whether this session is within `handed_over`."""
    return _DRIVER in session.info


def _driver_of(session: Session) -> _Driver:
    driver = session.info.get(_DRIVER)
    if driver is None:
        raise RuntimeError("A direct statement runs inside a transaction.")
    return cast("_Driver", driver)


def _errors_of(driver: _Driver) -> type[Exception]:
    return cast("type[Exception]", driver.dialect.loaded_dbapi.Error)


def _told(error: Exception, driver: _Driver, compiled: _Compiled) -> BaseException:
    """The driver's error as SQLAlchemy's, which everything above knows; without the parameters: they name patients."""
    return DBAPIError.instance(
        compiled.text, {}, error, _errors_of(driver), hide_parameters=True, dialect=driver.dialect
    )
