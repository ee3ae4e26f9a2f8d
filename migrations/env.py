"""Runs the migrations on the application's own engine; `flask db` calls it."""

from typing import Any

from alembic import context
from flask import current_app

from dicomgallery.models import Base, db


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    # The text index is made by hand, for each database in its own way.
    return not (kind == "table" and (name or "").startswith("series_trigram")) and name != "ix_series_text_trigram"


def run() -> None:
    """Bring the database to the asked revision in one transaction."""
    arguments = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, include_object=_ours, **arguments)
        with context.begin_transaction():
            context.run_migrations()


run()
