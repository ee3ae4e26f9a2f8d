"""`/api/openapi.json` and `/api/docs`: all that programs can ask, as the routes themselves tell it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import Blueprint as Plain
from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue

from dicomgallery import __version__
from dicomgallery.access import Permission
from dicomgallery.api import manual
from dicomgallery.api.describing import Blueprint, Document, as_json
from dicomgallery.serving.identity import needs

bp = Plain("document", __name__, url_prefix="/api")

_KEPT: Final = "openapi_document"
_ABOUT: Final = """\
Everything the gallery's pages can do, for programs. Lists come a page at a time: send what `next` says as `cursor`.
Failures under `/api` are problem details (RFC 9457) with a sentence for a person; the older addresses under
“As other systems are asked” keep the shapes of the systems that they stand in for. The pages of the browser are not
told here: `POST /images/new` and `GET /images/{id}/detail` among them.
"""
_PATH_WORDS: Final = {
    "key": "Its row id or its UID.",
    "image_id": "Row id of the image.",
    "rest": "Names between slashes, as the description says.",
    "index": "Which slice, counted from 0.",
    "plane": "From where the volume is looked at.",
}


@bp.get("/openapi.json")
@needs(Permission.VIEW)
def document() -> ResponseReturnValue:
    """The OpenAPI document."""
    response = as_json({**document_of(_app()), "servers": [{"url": request.script_root or "/"}]})
    response.add_etag()
    return response.make_conditional(request)


@bp.get("/docs")
@needs(Permission.VIEW)
def docs() -> ResponseReturnValue:
    """The same document to be read."""
    made = manual.of(document_of(_app()), root=request.host_url.rstrip("/") + request.script_root)
    return render_template("api/docs.html", manual=made)


def tell(app: Flask, blueprints: Iterable[Blueprint]) -> None:
    """Let these routes stand in the application's document, which is made when somebody first asks for it."""
    app.extensions[_KEPT] = tuple(blueprints)


def document_of(app: Flask) -> Mapping[str, Any]:
    """The OpenAPI document of an application."""
    kept = app.extensions[_KEPT]
    if isinstance(kept, tuple):
        kept = app.extensions[_KEPT] = _made(app, kept)
    return dict(kept)


def _made(app: Flask, blueprints: Iterable[Blueprint]) -> dict[str, Any]:
    about = {
        "description": _ABOUT,
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    collector = Document(
        app,
        spec_kwargs={
            "title": "DICOM Gallery",
            "version": __version__,
            "openapi_version": "3.1.0",
            "info": about,
            # Without a password only this machine is served, and nobody need say who they are.
            "security": [{}, {"owner": []}],
        },
    )
    collector.spec.components.security_scheme("owner", {"type": "http", "scheme": "basic"})
    for blueprint in blueprints:
        blueprint.enter(collector, app)
    made: dict[str, Any] = collector.spec.to_dict()
    # Of flask-smorest's own way of paging.
    made["components"]["schemas"].pop("PaginationMetadata", None)
    for path, ways in made["paths"].items():
        for parameter in ways.get("parameters", ()):
            parameter.setdefault("description", _PATH_WORDS.get(parameter["name"], "Row id."))
        for method, operation in ways.items():
            if method != "parameters":
                operation["operationId"] = _operation_id(method, path)
    return made


def _operation_id(method: str, path: str) -> str:
    words = path.removeprefix("/api/v1").replace("{", "by-").replace("}", "").replace("/", "-").replace(".", "-")
    return f"{method}{words}"


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return] # noqa: SLF001 - as documented
