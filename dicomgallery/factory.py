"""Assembles the application."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, g
from flask.signals import appcontext_pushed
from flask_migrate import Migrate

from dicomgallery import api, cli, dicomweb, logs, serving, settings, web
from dicomgallery.models import db, prepare_engine
from dicomgallery.settings import Settings
from dicomgallery.web import ohif

migrate = Migrate()


class Gallery(Flask):
    """Flask, for views that are all plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself; Flask looks a dozen times a request whether one is a coroutine."""
        return func


def create_app(chosen: Settings | None = None) -> Flask:
    """Make the gallery's Flask application for these settings, or for those of the environment."""
    chosen = settings.load() if chosen is None else chosen
    logs.configure(chosen.log_level)
    app = Gallery("dicomgallery", root_path=str(_home()), template_folder="templates", static_folder="static")
    app.config.update(
        GALLERY=chosen,
        SECRET_KEY=_secret_key(chosen),
        SQLALCHEMY_DATABASE_URI=chosen.database,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(chosen),
        MAX_CONTENT_LENGTH=None,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_NAME="dicomgallery",
    )
    _carry_settings(app, chosen)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(_home() / "migrations"), render_as_batch=True)
    with app.app_context():
        prepare_engine(db.engine)
    serving.init_app(app)
    for door in (web, api, dicomweb, cli):
        door.register(app)
    return app


def create_ohif(chosen: Settings | None = None) -> Flask:
    """Make the application that serves OHIF, for a port of its own: OHIF works only at the root of a host."""
    app = create_app(chosen)
    ohif.stand_at_the_root(app)
    return app


def _carry_settings(app: Flask, chosen: Settings) -> None:
    def enter(_sender: Flask, **_: Any) -> None:
        g.settings_token = settings.use(chosen)

    def leave(_error: BaseException | None) -> None:
        token = g.pop("settings_token", None)
        if token is not None:
            settings.done_with(token)

    # The signal keeps weak references only; the app keeps the function alive.
    app.extensions["carry_settings"] = enter
    appcontext_pushed.connect(enter, app)
    app.teardown_appcontext(leave)


def _home() -> Path:
    return Path(__file__).resolve().parent.parent


def _secret_key(chosen: Settings) -> str:
    """The key that signs sessions; made once, readable by the owner alone."""
    chosen.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = chosen.data / "secret.key"
    if not file.exists():
        made = chosen.data / f".secret.{os.getpid()}"
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(32))
        # link, unlike rename, never replaces a key that another process made meanwhile.
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(made)
        made.unlink()
    return file.read_text().strip()


def _engine_options(chosen: Settings) -> dict[str, Any]:
    # The connection used last comes first: its caches are warm.
    if chosen.database.startswith("sqlite"):
        return {"connect_args": {"timeout": 30, "check_same_thread": False}, "pool_use_lifo": True}
    return {"pool_pre_ping": True, "pool_size": 8, "pool_use_lifo": True}
