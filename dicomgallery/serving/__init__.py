"""Shared by the HTTP doors: who asks, what may write, how failures and pictures are answered, what every page needs."""

from datetime import timedelta

from flask import Flask

from dicomgallery import __version__
from dicomgallery.serving import (
    addresses,
    csrf,
    errors,
    filters,
    headers,
    hosts,
    identity,
    requests,
    static_files,
    uploads,
)


def init_app(app: Flask) -> None:
    """Give every HTTP door its identity, errors, headers and filters."""
    app.request_class = uploads.GalleryRequest
    app.session_interface = identity.Sessions()
    app.config.update(
        MAX_FORM_PARTS=uploads.MAX_PARTS,
        MAX_FORM_MEMORY_SIZE=uploads.MAX_FIELD_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        # A gallery may stay open all day; its session is what ends it.
        WTF_CSRF_TIME_LIMIT=None,
        # Checked by `csrf`, before any form looks at its fields.
        WTF_CSRF_ENABLED=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # of Flask's own provider
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    addresses.init_app(app)
    headers.init_app(app)
    requests.init_app(app)
    app.before_request(hosts.check)
    app.before_request(csrf.check)
    errors.init_app(app)
    filters.init_app(app)
    static_files.init_app(app)
    # A global, not a variable of each page: macros that are imported see only globals.
    app.jinja_env.globals["csrf_token"] = csrf.token
    app.context_processor(_for_every_page)


def _for_every_page() -> dict[str, object]:
    return {"is_guarded": identity.is_guarded, "version": __version__}
