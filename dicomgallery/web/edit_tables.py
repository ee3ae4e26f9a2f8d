"""`/edits/table`: many images edited by a CSV, over the same review as any plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog import series as catalog_series
from dicomgallery.dicom.values import counted
from dicomgallery.errors import RefusedError
from dicomgallery.models import Series
from dicomgallery.services import editing
from dicomgallery.services.editing import Plan, Problem
from dicomgallery.services.editing.by_csv import MOST_CHANGES, MOST_PROBLEMS
from dicomgallery.services.editing.sheets import MOST_BYTES, MOST_ROWS
from dicomgallery.serving import errors
from dicomgallery.serving.identity import current_actor, needs
from dicomgallery.web import crumbs
from dicomgallery.web.asked import whole
from dicomgallery.web.calls import editing as calls

bp = Blueprint("edit_tables", __name__)


@dataclass(frozen=True)
class TableForm:
    """The form of a table, and what was wrong with the one that was sent."""

    series: Series | None
    """Whose own table is a start."""
    complaint: str = ""
    all_problems: Sequence[Problem] = field(default=())

    @property
    def problems(self) -> Sequence[Problem]:
        """Those that are told."""
        return self.all_problems[:MOST_PROBLEMS]

    @property
    def summary(self) -> str:
        """How many they are."""
        more = "more than " if len(self.all_problems) > MOST_PROBLEMS else ""
        return f"Nothing was changed: {more}{counted(len(self.problems), 'cell')} cannot be done."

    @property
    def title(self) -> str:
        """What the series is called."""
        return crumbs.series_title(self.series) if self.series is not None else ""

    @property
    def series_id(self) -> int:
        """Its row id; 0 without one."""
        return self.series.id if self.series is not None else 0

    @property
    def limits(self) -> Sequence[int]:
        """Bytes, rows and changed cells of a table."""
        return MOST_BYTES, MOST_ROWS, MOST_CHANGES


@bp.get("/edits/table")
@needs(Permission.EDIT)
def form() -> ResponseReturnValue:
    """Ask for a table."""
    return _form(TableForm(_series(request.args.get("series", ""))))


@bp.post("/edits/table")
@needs(Permission.EDIT)
def begin() -> ResponseReturnValue:
    """Begin a plan by a table, or say cell by cell why that cannot be."""
    asked = _series(request.form.get("series", ""))
    sent = request.files.get("file")
    data = sent.stream.read(MOST_BYTES + 1) if sent is not None else b""
    try:
        begun = editing.begin_by_csv(data, actor=current_actor())
    except RefusedError as refusal:
        if not errors.wants_page():
            raise
        return _form(TableForm(asked, refusal.message)), 422
    if isinstance(begun, int):
        return redirect(url_for("editor.show", plan_id=begun), 303)
    page = TableForm(asked, all_problems=begun)
    if not errors.wants_page():
        first = begun[0]
        raise RefusedError(f"{page.summary} The first, in row {first.row}: {first.sentence}")
    return _form(page), 422


def draft(plan: Plan) -> str:
    """The page of a plan by a table that can still be discarded."""
    return render_template("editor/by_table.html", plan=plan, calls=calls.of_elements(plan.row.base_key))


def _form(page: TableForm) -> str:
    told = calls.of_tables(page.series_id)
    return render_template("editor/table.html", page=page, remove=editing.REMOVE, empty=editing.EMPTY, calls=told)


def _series(text: str) -> Series | None:
    key = whole(text)
    return catalog_series.by_id(current_actor().scope, key) if key is not None else None
