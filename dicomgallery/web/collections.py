"""`/collections`: named sets of files."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import collections
from dicomgallery.catalog import query as searching
from dicomgallery.services import collecting
from dicomgallery.serving import paging
from dicomgallery.serving.filters import count, plural
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.calls import keeping, searches
from dicomgallery.web.forms.collections import CollectionForm
from dicomgallery.web.forms.selection import selection_of
from dicomgallery.web.results import Results
from dicomgallery.web.saying import say

bp = Blueprint("collections", __name__, url_prefix="/collections")


@bp.get("")
@needs(Permission.VIEW)
def index() -> ResponseReturnValue:
    """All collections by name."""
    listing = collections.listing(current_actor().scope, cursor=paging.cursor())
    after = listing.next_cursor
    next_href = paging.address(url_for("collections.index"), [], cursor_after=after) if after else ""
    return render_template(
        "collections/index.html",
        listing=listing,
        next_href=next_href,
        is_first=not paging.cursor(),
        calls=keeping.of_list("collections"),
    )


@bp.post("")
@needs(Permission.EDIT)
def create() -> ResponseReturnValue:
    """Make an empty collection."""
    form = CollectionForm()
    if not form.validate():
        say(form.complaint, "bad")
        return redirect(url_for("collections.index"), 303)
    collection = collecting.create(form.name.data, actor=current_actor())
    return redirect(url_for("collections.show", collection_id=collection.id), 303)


@bp.get("/<int:collection_id>")
@needs(Permission.VIEW)
def show(collection_id: int) -> ResponseReturnValue:
    """What is in a collection, to be searched and filtered as the gallery is."""
    scope = current_actor().scope
    collection = collections.by_id(scope, collection_id)
    query = searching.parse(request.args.to_dict(flat=False))
    here = url_for("collections.show", collection_id=collection_id)
    results = Results.of(scope, query, path=here, cursor=paging.cursor(), within=collection_id)
    if paging.wants_partial():
        return render_template("_partials/page_of_cards.html", results=results)
    return render_template(
        "collections/show.html",
        collection=collection,
        results=results,
        changes_since=results.since,
        calls=searches.of_collection(collection_id, query),
    )


@bp.post("/<int:collection_id>/rename")
@needs(Permission.EDIT)
def rename(collection_id: int) -> ResponseReturnValue:
    """Give a collection another name."""
    form = CollectionForm()
    if form.validate():
        collecting.rename(collection_id, form.name.data, actor=current_actor())
        say("The collection has its new name.")
    else:
        say(form.complaint, "bad")
    return redirect(url_for("collections.show", collection_id=collection_id), 303)


@bp.post("/<int:collection_id>/take-out")
@needs(Permission.EDIT)
def take_out(collection_id: int) -> ResponseReturnValue:
    """Take what is selected out of a collection; it stays in the gallery."""
    number = collecting.take_out(collection_id, selection_of(request.form), actor=current_actor())
    say(f"{count(number)} {plural(number, 'file')} taken out of the collection.")
    return redirect(url_for("collections.show", collection_id=collection_id), 303)


@bp.post("/<int:collection_id>/delete")
@needs(Permission.EDIT)
def delete(collection_id: int) -> ResponseReturnValue:
    """Forget a collection; its files stay in the gallery."""
    collecting.remove(collection_id, actor=current_actor())
    say("The collection is gone; its images are still in the gallery.")
    return redirect(url_for("collections.index"), 303)
