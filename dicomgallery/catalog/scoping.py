"""What a scope may see: the one place where rows are walled off."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, true
from sqlalchemy.sql import operators
from sqlalchemy.sql.expression import UnaryExpression

from dicomgallery.access import Scope
from dicomgallery.models import Base, Instance, Patient, Series, Study, is_sqlite

AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]
Statement = TypeVar("Statement", bound=AnySelect)


def within(scope: Scope, model: type[Base]) -> ColumnElement[bool]:
    """Hold for the rows of `model` in the workspaces of the scope, visible or not."""
    if scope.workspace_ids is None:
        return true()
    # Nearly every row is in the workspace: an index on it is the wrong way in.
    return probing(model.__table__.c.workspace_id).in_(sorted(scope.workspace_ids))


def shown(model: type[Base]) -> ColumnElement[bool]:
    """Hold for what the gallery shows: current instances that are not in the bin, and what holds any."""
    if model is Instance:
        return Instance.is_current & Instance.binned_at.is_(None)
    if model is Series or model is Study or model is Patient:
        return model.__table__.c.instance_count > 0
    return true()


def visible(statement: Statement, model: type[Base], scope: Scope) -> Statement:
    """Narrow a SELECT to the rows of `model` that the scope may see and the gallery shows."""
    return statement.where(within(scope, model), shown(model))


def probing(column: Any) -> ColumnElement[Any]:
    """The column as something to test rows by, never to look them up by.

    SQLite plans without statistics and takes any equality for a rare one; its unary plus
    keeps an index out. PostgreSQL knows better by itself.
    """
    expression: ColumnElement[Any] = column.expression if hasattr(column, "expression") else column
    if not is_sqlite():
        return expression
    return UnaryExpression(expression, operator=operators.custom_op("+"), type_=expression.type)
