"""Contract C: studies are collections, files are their members, names are any text.

Servers hand over decoded paths, so a slash in a name cannot be told from one between names: the
longest names that are known win, and `?study=&file=` says what a path cannot.
"""

import math

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import collections
from dicomgallery.catalog.collections import NamedFile
from dicomgallery.imaging.spec import Format, RenderSpec, Window
from dicomgallery.services import inspecting, pictures
from dicomgallery.services.inspecting import InvalidTags, TagValue
from dicomgallery.services.pictures import NoPicture
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.pictures import respond

bp = Blueprint("microservice", __name__)

FILE_NOT_FOUND = "file not found"
STUDY_NOT_FOUND = "study not found"


@bp.get("/files")
@needs(Permission.VIEW)
def studies() -> ResponseReturnValue:
    """The names of all studies; with `?study=`, the files of that one."""
    if "study" in request.args:
        return _files_of(request.args["study"])
    names = collections.names(current_actor().scope)
    return jsonify(studies=names, studiesCount=len(names), success=True)


@bp.get("/files/tag")
@needs(Permission.VIEW)
def tags_by_query() -> ResponseReturnValue:
    """The tags of the file named by `?study=&file=`; without them, the files of a study called "tag"."""
    if "study" not in request.args and "file" not in request.args:
        return by_path("tag")
    return _tags(_named(request.args.get("study", ""), request.args.get("file", "")))


@bp.get("/files/png")
@needs(Permission.VIEW)
def png_by_query() -> ResponseReturnValue:
    """The picture of the file named by `?study=&file=`; without them, the files of a study called "png"."""
    if "study" not in request.args and "file" not in request.args:
        return by_path("png")
    return _png(_named(request.args.get("study", ""), request.args.get("file", "")))


@bp.get("/files/<path:rest>")
@needs(Permission.VIEW)
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
