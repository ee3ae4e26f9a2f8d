"""`/images/<id>/...`: one image, looked at closely, and its file."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import frames as catalog_frames
from dicomgallery.catalog import instances
from dicomgallery.dicom import reports
from dicomgallery.errors import NotFoundError
from dicomgallery.imaging.spec import Format
from dicomgallery.services import documents, exporting, framing, inspecting, recordings
from dicomgallery.serving import downloads
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.serving.pictures import respond
from dicomgallery.web import explaining, stacks, stories
from dicomgallery.web.calls import images as calls
from dicomgallery.web.cards import image_page
from dicomgallery.web.image_page import ImagePage
from dicomgallery.web.look import Look

PART = "X-Part"
"""What the script of the tag table asks with."""

bp = Blueprint("images", __name__, url_prefix="/images/<int:image_id>")


@bp.get("/detail")
@needs(Permission.VIEW)
def detail(image_id: int) -> ResponseReturnValue:
    """The image, full size, and every element under it (contract A)."""
    found = instances.detail(current_actor().scope, image_id)
    look = Look.parse(request.args, frames=stories.most_frames(found.instance))
    if (position := request.args.get("image", type=int)) is not None:
        # The slider of a page without script asks by position.
        wanted = instances.nth(current_actor().scope, found.series.id, position)
        return redirect(url_for("images.detail", image_id=wanted) + look.query(frame=None).rstrip("?"), 303)
    explain, all_rows = request.args.get("explain", ""), request.args.get("rows") == "all"
    page = ImagePage(current_actor(), found, look, explain=explain, all_rows=all_rows)
    return render_template("images/detail.html", page=page, calls=calls.of_image(page))


@bp.get("/explain/<key>")
@needs(Permission.VIEW)
def explain(image_id: int, key: str) -> ResponseReturnValue:
    """What one element means here, to be put into the page; without script, the page with it opened."""
    scope = current_actor().scope
    instance = instances.by_id(scope, image_id)
    if PART not in request.headers:
        return redirect(f"{image_page(image_id)}?explain={key}#tag-{key}", 303)
    rows = inspecting.content_of(image_id, actor=current_actor()).rows()
    explanation = explaining.of_key(key, rows, instance, scope=scope)
    return render_template("images/_explanation.html", explanation=explanation)


@bp.get("/text")
@needs(Permission.VIEW)
def text(image_id: int) -> Response:
    """Every element as text, one a line (contract A), and nothing else."""
    return Response(inspecting.content_of(image_id, actor=current_actor()).text(), mimetype="text/plain")


@bp.get("/report.<any(txt, json):ending>")
@needs(Permission.VIEW)
def report(image_id: int, ending: str) -> ResponseReturnValue:
    """A report as text to read or as JSON for programs."""
    found = reports.report_of(inspecting.dataset_of(image_id, actor=current_actor()))
    if found is None:
        raise NotFoundError("There is no report in this file.")
    if ending == "json":
        return jsonify(reports.as_json(found))
    return Response(reports.as_text(found), mimetype="text/plain")


@bp.get("/waveform.csv")
@needs(Permission.VIEW)
def waveform(image_id: int) -> Response:
    """The samples of a group of waveforms for programs, sent while they are written; `group` counts from 1."""
    lines = recordings.table(image_id, request.args.get("group", type=int), actor=current_actor())
    return downloads.attached(Response(lines, mimetype="text/csv"), f"image-{image_id}-waveform.csv")


@bp.get("/audio.wav")
@needs(Permission.VIEW)
def audio(image_id: int) -> ResponseReturnValue:
    """A group of waveforms as sound, or the part of it that the player asks for; `group` counts from 1."""
    sound = recordings.sound(image_id, request.args.get("group", type=int), actor=current_actor())
    response = Response(sound.wav, mimetype="audio/wav")
    return response.make_conditional(request, accept_ranges=True, complete_length=len(sound.wav))


@bp.get("/document")
@needs(Permission.EXPORT)
def document(image_id: int) -> Response:
    """The document that travels in the object, to take away."""
    return downloads.document(documents.taken(image_id, actor=current_actor()))


@bp.get("/document/view")
@needs(Permission.VIEW)
def document_source(image_id: int) -> Response:
    """A document that is written in letters, as text."""
    return downloads.source(documents.source_of(image_id, actor=current_actor()))


@bp.get("/frames.json")
@needs(Permission.VIEW)
def frames(image_id: int) -> Response:
    """The pictures of a multi-frame image, in order."""
    scope = current_actor().scope
    instance, table = instances.by_id(scope, image_id), catalog_frames.table_of(scope, image_id)
    return jsonify(stacks.of_image(instance, stacks.Wanted.parse(request.args, current_actor()), table))


@bp.get("/frames.csv")
@needs(Permission.VIEW)
def frame_facts(image_id: int) -> Response:
    """What the file says of each frame, for programs, sent while it is written."""
    lines = framing.table(image_id, actor=current_actor())
    return downloads.attached(Response(lines, mimetype="text/csv"), f"image-{image_id}-frames.csv")


@bp.get("/original")
@needs(Permission.EXPORT)
def original(image_id: int) -> Response:
    """The file as it was received, but for its preamble."""
    return downloads.file(exporting.original(image_id, actor=current_actor()))


@bp.get("/picture.<any(png, jpg):ending>")
@needs(Permission.EXPORT)
def picture(image_id: int, ending: str) -> Response:
    """The whole picture to take away."""
    found = exporting.picture(image_id, Format(ending), actor=current_actor())
    return respond(found, download_name=f"image-{image_id}.{ending}")
