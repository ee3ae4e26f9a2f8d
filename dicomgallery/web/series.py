"""`/series/<id>`: its images in space."""

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import changes, instances, series
from dicomgallery.catalog.selection import Selection
from dicomgallery.serving import downloads, paging
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web import crumbs, glance, stacks, strips
from dicomgallery.web.calls import levels
from dicomgallery.web.cards import shown, slice_card

bp = Blueprint("series", __name__, url_prefix="/series/<int:series_id>")

PAGE_SIZE = 240


@bp.get("")
@needs(Permission.VIEW)
def show(series_id: int) -> ResponseReturnValue:
    """The images of a series, in the order they lie in space."""
    scope = current_actor().scope
    page = series.page(scope, series_id)
    start = paging.start(len(page.slices))
    slices = page.slices[start : start + PAGE_SIZE]
    return render_template(
        "series/show.html",
        page=page,
        cards=shown(slice_card(one, page, start + number) for number, one in enumerate(slices, 1)),
        crumbs=crumbs.of_series(page.series, page.study, page.patient),
        facts=glance.of_series(page.series),
        strip=strips.strip_of(page.slices),
        next_href=paging.from_start(url_for("series.show", series_id=series_id), start + PAGE_SIZE, len(page.slices)),
        changes_since=changes.latest(scope),
        calls=levels.of_series(page),
    )


@bp.get("/frames.json")
@needs(Permission.VIEW)
def frames(series_id: int) -> Response:
    """The pictures of a series in space: small ones to scrub through, or whole ones as a page's URL wants them."""
    scope = current_actor().scope
    found = series.by_id(scope, series_id)
    wanted = stacks.Wanted.parse(request.args, current_actor())
    response = jsonify(stacks.of_series(instances.in_order(scope, found.id), wanted))
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/archive")
@needs(Permission.EXPORT)
def archive(series_id: int) -> Response:
    """The series as a ZIP."""
    found = series.by_id(current_actor().scope, series_id)
    return downloads.archive(Selection(series=(found.id,)), actor=current_actor(), name=f"series-{series_id}")
