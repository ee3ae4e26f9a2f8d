"""Contract C: studies are collections, files are their members, names are any text.

Servers hand over decoded paths, so a slash in a name cannot be told from one between names: the
longest names that are known win, and `?study=&file=` says what a path cannot.
"""

import math
from typing import Any, Final

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.routing import PathConverter

from dicomgallery.access import Permission
from dicomgallery.api.describing import BINARY, Answer, Blueprint, ok
from dicomgallery.catalog import collections
from dicomgallery.catalog.collections import NamedFile
from dicomgallery.imaging.spec import Format, RenderSpec, Window
from dicomgallery.services import inspecting, pictures
from dicomgallery.services.inspecting import InvalidTags, TagValue
from dicomgallery.services.pictures import NoPicture
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.pictures import respond


class NamesConverter(PathConverter):
    """The names of a path, which may begin with a slash or hold the end of a line."""

    regex = "(?s:.+?)"
    part_isolating = False


bp = Blueprint(
    "microservice",
    __name__,
    url_prefix="",
    title="As other systems are asked: files of studies",
    about="Studies are collections, files are their members; names are any text.",
)

_DONE: Final = {"success": {"const": True}}
_STUDIES: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "studies": {"type": "array", "items": {"type": "string"}},
        "studiesCount": {"type": "integer"},
        **_DONE,
    },
}
_FILES: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "files": {"type": "array", "items": {"type": "string"}},
        "filesCount": {"type": "integer"},
        "study": {"type": "string"},
        **_DONE,
    },
}
_TAGS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "file": {"type": "string"},
        "study": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "object"}},
        **_DONE,
    },
}
_FAILED: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "error": {"type": "string"},
        "invalidTags": {"type": "array", "items": {"type": "string"}},
        "success": {"const": False},
    },
}
_TELLS: Final = ok({"anyOf": [_STUDIES, _FILES, _TAGS]}, "Names or tags.")
_PNG: Final = ok(BINARY, "Of a file, its picture.", "image/png")
_NOT_HERE: Final = Answer(404, "There is no such study or file.", _FAILED)
_WRONG: Final = Answer(400, "A tag, frame or window that makes no sense.", _FAILED)
_NO_PICTURE: Final = Answer(422, "There is no picture of it, and why.", _FAILED)


def _query(name: str, about: str, kind: str = "string") -> dict[str, Any]:
    one = {"type": kind}
    schema = {"type": "array", "items": one} if name == "tag" else one
    return {"name": name, "in": "query", "schema": schema, "description": about}


_STUDY: Final = _query("study", "The name of a study.")
_FILE: Final = _query("file", "The name of a file in it.")
_TAG: Final = _query("tag", "A tag, keyword or path; may be repeated.")
_LOOK: Final = [
    _query("frame", "Counted from 1.", "integer"),
    _query("window", "Width.", "number"),
    _query("level", "Center.", "number"),
]

FILE_NOT_FOUND = "file not found"
STUDY_NOT_FOUND = "study not found"


@bp.get("/files")
@needs(Permission.VIEW)
@bp.answers(_TELLS, _NOT_HERE, parameters=[_STUDY])
def studies() -> ResponseReturnValue:
    """The names of all studies; with `?study=`, the files of that one."""
    if "study" in request.args:
        return _files_of(request.args["study"])
    names = collections.names(current_actor().scope)
    return jsonify(studies=names, studiesCount=len(names), success=True)


@bp.get("/files/tag")
@needs(Permission.VIEW)
@bp.answers(_TELLS, _NOT_HERE, _WRONG, parameters=[_STUDY, _FILE, _TAG])
def tags_by_query() -> ResponseReturnValue:
    """The tags of the file named by `?study=&file=`; without them, the files of a study called "tag"."""
    if "study" not in request.args and "file" not in request.args:
        return by_path("tag")
    return _tags(_named(request.args.get("study", ""), request.args.get("file", "")))


@bp.get("/files/png")
@needs(Permission.VIEW)
@bp.answers(_TELLS, _PNG, _NOT_HERE, _WRONG, _NO_PICTURE, parameters=[_STUDY, _FILE, *_LOOK])
def png_by_query() -> ResponseReturnValue:
    """The picture of the file named by `?study=&file=`; without them, the files of a study called "png"."""
    if "study" not in request.args and "file" not in request.args:
        return by_path("png")
    return _png(_named(request.args.get("study", ""), request.args.get("file", "")))


@bp.get("/files/<names:rest>")
@needs(Permission.VIEW)
@bp.answers(_TELLS, _PNG, _NOT_HERE, _WRONG, _NO_PICTURE, parameters=[_TAG, *_LOOK])
def by_path(rest: str) -> ResponseReturnValue:
    """`<study>`, `<study>/<file>/tag` or `<study>/<file>/png`."""
    for ending, answer in (("/tag", _tags), ("/png", _png)):
        found = (
            collections.longest_match(current_actor().scope, rest.removesuffix(ending))
            if rest.endswith(ending)
            else None
        )
        if found is not None:
            return answer(found)
    if rest.endswith(("/tag", "/png")) and not collections.exists(current_actor().scope, rest):
        return _failed(FILE_NOT_FOUND, 404)
    return _files_of(rest)


def _files_of(study: str) -> ResponseReturnValue:
    names = collections.file_names(current_actor().scope, study)
    if names is None:
        return _failed(STUDY_NOT_FOUND, 404)
    return jsonify(files=names, filesCount=len(names), study=study, success=True)


def _named(study: str, file: str) -> NamedFile | None:
    return collections.file_named(current_actor().scope, study, file)


def _tags(found: NamedFile | None) -> ResponseReturnValue:
    if found is None:
        return _failed(FILE_NOT_FOUND, 404)
    asked = [text for text in request.args.getlist("tag") if text.strip()]
    if not asked:
        return _failed("tag query parameter is empty", 400)
    values = inspecting.tags(found.instance_id, asked, actor=current_actor())
    if isinstance(values, InvalidTags):
        return jsonify(invalidTags=list(values.asked), success=False), 400
    return jsonify(file=found.file, study=found.study, success=True, tags=[_tag(value) for value in values])


def _tag(value: TagValue) -> dict[str, object]:
    return {
        "VM": value.vm,
        "VR": value.vr,
        "keyword": value.keyword,
        "name": value.name,
        "tag": value.tag,
        "value": value.value,
    }


def _png(found: NamedFile | None) -> ResponseReturnValue:
    if found is None:
        return _failed(FILE_NOT_FOUND, 404)
    try:
        spec = RenderSpec(frame=_frame(), window=_window(), plain=True, format=Format.PNG)
    except ValueError:
        return _failed("frame, window and level must be numbers, and a frame counts from 1", 400)
    picture = pictures.of(found.instance_id, spec, actor=current_actor())
    if isinstance(picture, NoPicture):
        return _failed(picture.sentence, 422)
    return respond(picture)


def _frame() -> int | None:
    text = request.args.get("frame", "")
    return int(text) if text else None


def _window() -> Window | None:
    width, level = request.args.get("window", ""), request.args.get("level", "")
    if not width and not level:
        return None
    window = Window(center=float(level), width=float(width))
    if not (math.isfinite(window.center) and math.isfinite(window.width) and window.width >= 1):
        raise ValueError("A window needs a finite level and a width of at least 1.")
    return window


def _failed(error: str, status: int) -> ResponseReturnValue:
    return jsonify(error=error, success=False), status
