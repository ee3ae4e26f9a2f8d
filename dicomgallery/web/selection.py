"""Deeds on what is selected: to the bin, into a collection, as a ZIP."""

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import collections, instances
from dicomgallery.errors import RefusedError
from dicomgallery.services import collecting, removal
from dicomgallery.serving.downloads import archive
from dicomgallery.serving.filters import count, plural
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.forms.selection import selection_of
from dicomgallery.web.going_back import back
from dicomgallery.web.saying import say

bp = Blueprint("selection", __name__, url_prefix="/selection")


@bp.post("/bin")
@needs(Permission.DELETE)
def bin() -> ResponseReturnValue:  # noqa: A001 - the bin is what it is called
    """Put what is selected into the bin; the page then offers to undo it."""
    deed = removal.to_bin(selection_of(request.form), actor=current_actor())
    number = deed.instance_count
    text = f"{count(number)} {plural(number, 'image')} moved to the bin."
    here = back(request.form.get("next"))
    say(text, undo=url_for("bin.restore", deed_id=deed.id, next=here))
    return redirect(here, 303)


@bp.post("/collection")
@needs(Permission.EDIT)
def collect() -> ResponseReturnValue:
    """Put what is selected into the collection of this name, made if need be."""
    chosen = selection_of(request.form)
    name = request.form.get("collection", "")
    known = collections.by_name(current_actor().scope, name) if name.strip() else None
    collection = known or collecting.create(name, actor=current_actor())
    added = collecting.add(collection.id, chosen, actor=current_actor())
    text = f"{count(added.added)} {plural(added.added, 'image')} added to the collection."
    if added.already_there:
        text += f" {count(added.already_there)} {plural(added.already_there, 'was', 'were')} in it already."
    say(text, href=url_for("collections.show", collection_id=collection.id))
    return redirect(back(request.form.get("next")), 303)


@bp.post("/download")
@needs(Permission.EXPORT)
def download() -> Response:
    """What is selected as a ZIP, written while it is sent."""
    return archive(selection_of(request.form), actor=current_actor(), name="selection")


@bp.post("/compare")
@needs(Permission.EXPORT)
def compare() -> ResponseReturnValue:
    """To the page that compares the two images or the two series that are selected."""
    chosen = selection_of(request.form)
    images = list(chosen.images)
    if len(chosen.series) == 2 and not images:
        one, other = chosen.series
        held = instances.ordered(current_actor().scope, chosen.series)
        # A series of one image is that image (contract A).
        if any(len(held.get(series_id, [])) != 1 for series_id in chosen.series):
            return redirect(url_for("comparing.series", series_id=one, other_id=other), 303)
        images = [*held[one], *held[other]]
    if len(images) == 2:
        return redirect(url_for("comparing.images", image_id=images[0], other_id=images[1]), 303)
    raise RefusedError("Two are compared at a time: tick two images, or two series.")
