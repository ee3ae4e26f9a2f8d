"""`/bin`: what was deleted, until it is restored or gone for good."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery import settings
from dicomgallery.access import Permission
from dicomgallery.catalog import bins
from dicomgallery.services import removal
from dicomgallery.serving import paging
from dicomgallery.serving.filters import count, plural
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web.calls import keeping
from dicomgallery.web.cards import shown
from dicomgallery.web.going_back import back
from dicomgallery.web.saying import say

bp = Blueprint("bin", __name__, url_prefix="/bin")


@bp.get("")
@needs(Permission.VIEW)
def index() -> ResponseReturnValue:
    """The deletions that can be undone, newest first."""
    scope = current_actor().scope
    listing = bins.listing(scope, cursor=paging.cursor())
    after = listing.next_cursor
    return render_template(
        "bin/index.html",
        deeds=[(deed, shown(deed.covers)) for deed in listing.items],
        total=bins.count(scope),
        days=settings.current().bin_days,
        calls=keeping.of_list("bin"),
        next_href=paging.address(url_for("bin.index"), [], cursor_after=after) if after else "",
    )


@bp.get("/<int:deed_id>")
@needs(Permission.VIEW)
def show(deed_id: int) -> ResponseReturnValue:
    """What one deletion took."""
    scope = current_actor().scope
    deed = bins.by_id(scope, deed_id)
    images = bins.images(scope, deed_id, cursor=paging.cursor())
    here, after = url_for("bin.show", deed_id=deed_id), images.next_cursor
    return render_template(
        "bin/show.html",
        deed=deed,
        calls=keeping.of_list("bin"),
        cards=shown(images.items),
        next_href=paging.address(here, [], cursor_after=after) if after else "",
    )


@bp.post("/<int:deed_id>/restore")
@needs(Permission.DELETE)
def restore(deed_id: int) -> ResponseReturnValue:
    """Undo a deletion."""
    restored = removal.restore(deed_id, actor=current_actor())
    text = f"{count(restored.count)} {plural(restored.count, 'image')} restored."
    if restored.still_replaced:
        text += f" {count(restored.still_replaced)} stay behind newer files with the same identity."
    say(text)
    return redirect(back(request.args.get("next") or url_for("bin.index")), 303)


@bp.route("/empty", methods=["GET", "POST"])
@needs(Permission.DELETE)
def empty() -> ResponseReturnValue:
    """Ask, then remove everything in the bin for good."""
    if request.method == "GET":
        return render_template("bin/empty.html", total=bins.count(current_actor().scope))
    number = removal.empty_bin(actor=current_actor())
    say(f"{count(number)} {plural(number, 'image is', 'images are')} gone for good.")
    return redirect(url_for("bin.index"), 303)
