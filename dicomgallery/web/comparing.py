"""`/images/<a>/diff/<b>`, `/series/<a>/diff/<b>`, `/series/<id>/matrix`: headers beside each other."""

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import instances
from dicomgallery.catalog import series as catalog_series
from dicomgallery.services import comparing, comparison_tables
from dicomgallery.serving import downloads, paging
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web import compared, crumbs
from dicomgallery.web.calls import comparing as calls
from dicomgallery.web.compared import Shown, Side, Tab

bp = Blueprint("comparing", __name__)

IMAGES_A_PAGE = 100
COLUMNS = 200
"""A table with more is wider than anyone scrolls; its CSV has all."""


@bp.get("/images/<int:image_id>/diff/<int:other_id>")
@needs(Permission.VIEW)
def images(image_id: int, other_id: int) -> ResponseReturnValue:
    """Two images, element by element."""
    actor, show = current_actor(), Shown.parse(request.args)
    details = [instances.detail(actor.scope, one) for one in (image_id, other_id)]
    found = comparing.instances_apart(image_id, other_id, actor=actor, everything=show is Shown.ALL)
    here = url_for("comparing.images", image_id=image_id, other_id=other_id)
    tab = Tab(compared.rows_of_images(found.rows), show, here)
    return render_template(
        "compare/images.html",
        crumbs=crumbs.of_image("Compared", details[0].series, details[0].study, details[0].patient),
        sides=[Side.of_image(one) for one in details],
        pixels=found.pixels,
        tab=tab,
        swapped=url_for("comparing.images", image_id=other_id, other_id=image_id),
        table=url_for("comparing.images_table", image_id=image_id, other_id=other_id, show=show.value),
        calls=calls.of_images(image_id, other_id),
    )


@bp.get("/images/<int:image_id>/diff/<int:other_id>.csv")
@needs(Permission.EXPORT)
def images_table(image_id: int, other_id: int) -> Response:
    """The same for spreadsheets and programs."""
    everything = Shown.parse(request.args) is Shown.ALL
    lines = comparison_tables.of_instances(image_id, other_id, actor=current_actor(), everything=everything)
    return downloads.attached(Response(lines, mimetype="text/csv"), f"images-{image_id}-{other_id}.csv")


@bp.get("/series/<int:series_id>/diff/<int:other_id>")
@needs(Permission.VIEW)
def series(series_id: int, other_id: int) -> ResponseReturnValue:
    """Two series, element by element over all their images."""
    actor, show = current_actor(), Shown.parse(request.args, series=True)
    pages = [catalog_series.page(actor.scope, one) for one in (series_id, other_id)]
    found = comparing.series_apart(series_id, other_id, actor=actor)
    here = url_for("comparing.series", series_id=series_id, other_id=other_id)
    tab = Tab(compared.rows_of_series(found.rows, show), show, here, series=True)
    return render_template(
        "compare/series.html",
        crumbs=[*crumbs.of_series(pages[0].series, pages[0].study, pages[0].patient), {"label": "Compared"}],
        sides=[Side.of_series(one) for one in pages],
        notes=compared.notes_of([found.before, found.after]),
        tab=tab,
        swapped=url_for("comparing.series", series_id=other_id, other_id=series_id),
        table=url_for("comparing.series_table", series_id=series_id, other_id=other_id, show=show.value),
        calls=calls.of_series(series_id, other_id),
    )


@bp.get("/series/<int:series_id>/diff/<int:other_id>.csv")
@needs(Permission.EXPORT)
def series_table(series_id: int, other_id: int) -> Response:
    """The same for spreadsheets and programs."""
    everything = Shown.parse(request.args) is Shown.ALL
    lines = comparison_tables.of_series(series_id, other_id, actor=current_actor(), everything=everything)
    return downloads.attached(Response(lines, mimetype="text/csv"), f"series-{series_id}-{other_id}.csv")


@bp.get("/series/<int:series_id>/matrix")
@needs(Permission.VIEW)
def matrix(series_id: int) -> ResponseReturnValue:
    """Whatever varies over the images of a series, an image a row."""
    actor = current_actor()
    page = catalog_series.page(actor.scope, series_id)
    found = comparing.matrix_of(series_id, actor=actor)
    start = paging.start(len(found.ids))
    ids = found.ids[start : start + IMAGES_A_PAGE]
    here = url_for("comparing.matrix", series_id=series_id)
    return render_template(
        "compare/matrix.html",
        crumbs=[*crumbs.of_series(page.series, page.study, page.patient), {"label": "What varies"}],
        series=page.series,
        found=found,
        notes=compared.notes_of([found.looked]),
        columns=[compared.column(one) for one in found.columns[:COLUMNS]],
        more_columns=len(found.columns[COLUMNS:]),
        rows=compared.matrix_rows(found.rows(actor.scope, ids), start, COLUMNS),
        first=start + 1,
        last=start + len(ids),
        before=paging.address(here, [("from", str(max(0, start - IMAGES_A_PAGE)))]) if start else "",
        after=paging.from_start(here, start + IMAGES_A_PAGE, len(found.ids)),
        table=url_for("comparing.matrix_table", series_id=series_id),
        calls=calls.of_matrix(series_id),
    )


@bp.get("/series/<int:series_id>/matrix.csv")
@needs(Permission.EXPORT)
def matrix_table(series_id: int) -> Response:
    """The same, of every image, for spreadsheets and programs."""
    lines = comparison_tables.of_matrix(series_id, actor=current_actor())
    return downloads.attached(Response(lines, mimetype="text/csv"), f"series-{series_id}-varying.csv")
