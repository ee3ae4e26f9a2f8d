"""The marks of a series on their way out: as JSON for programs, as CSV for spreadsheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import instances, marks
from dicomgallery.catalog import series as catalog_series
from dicomgallery.catalog.instances import Slice, images_of
from dicomgallery.models import Mark, Series, transaction
from dicomgallery.services.annotating.figures import ORDER, Figure, read
from dicomgallery.services.annotating.telling import as_json
from dicomgallery.services.spreadsheets import cell

MOST_COLUMNS: Final = 40
COORDINATES: Final = (
    "Points are [x, y] in pixels of the image: [0, 0] is the center of its first pixel, x grows to the right."
)
_ABOUT: Final = ("image", "instance_number", "sop_instance_uid", "frame", "kind", "text")
_BEHIND: Final = ("calibration", "points", "by", "created", "changed", "key")


@dataclass(frozen=True, slots=True)
class Line:
    """A mark, and the image it is on."""

    mark: Mark
    place: int
    """Among the images and frames of the series, as the viewer counts them."""
    image: Slice
    figures: list[Figure]


def taken_as_json(series_id: int, *, actor: Actor) -> dict[str, Any]:
    """The marks of a series with the images they are on."""
    found, lines = _taken(series_id, actor)
    told = {
        "series_instance_uid": found.series_uid,
        "coordinates": COORDINATES,
        "marks": [
            {
                "place": line.place,
                "instance_number": line.image.number,
                "sop_instance_uid": line.image.sop_uid,
                **as_json(line.mark, actor),
            }
            for line in lines
        ],
    }
    _note(found.id, len(lines), actor)
    return told


def taken_as_csv(series_id: int, *, actor: Actor) -> Sequence[str]:
    """The marks of a series, a line each; a figure has a column, and one for its unit."""
    found, lines = _taken(series_id, actor)
    names = _columns(lines)
    heads = [part for name in names for part in (name, f"{name} unit")]
    # Written whole: who sends them has no database any more, and a series has but a few megabytes.
    written = [",".join(map(cell, (*_ABOUT, *heads, *_BEHIND))) + "\n", *(_row(line, names) for line in lines)]
    _note(found.id, len(lines), actor)
    return written


def _taken(series_id: int, actor: Actor) -> tuple[Series, list[Line]]:
    demand(actor, Permission.EXPORT)
    scope = actor.scope
    found = catalog_series.by_id(scope, series_id)
    drawn = marks.of_series(scope, found.id)
    slices = instances.in_order(scope, found.id)
    images = {one.id: one for one in slices}
    places = {(one.id, frame or 1): place for place, (one, frame) in enumerate(images_of(slices), 1)}
    lines = [
        Line(mark, places.get((mark.instance_key, mark.frame), 0), images[mark.instance_key], read(mark.figures))
        for mark in drawn
        if mark.instance_key in images
    ]
    lines.sort(key=lambda line: (line.place or len(places) + 1, line.mark.id))
    return found, lines


def _note(series_id: int, count: int, actor: Actor) -> None:
    """Note that they were taken; at the end, for a transaction makes every row read before it be read again."""
    with transaction() as session:
        audit.record(session, actor, Event.MARKS_TAKEN, f"series:{series_id}", marks=count)


def _columns(lines: Sequence[Line]) -> list[str]:
    """The names of all figures, those that everybody knows first; of very many the first."""
    names = dict.fromkeys(figure.name for line in lines for figure in line.figures)
    return [*(name for name in ORDER if name in names), *(name for name in names if name not in ORDER)][:MOST_COLUMNS]


def _row(line: Line, names: Sequence[str]) -> str:
    mark, image = line.mark, line.image
    figures = {figure.name: figure for figure in line.figures}
    measured = [
        part
        for name in names
        for part in ((_numbers(figures[name]), cell(figures[name].unit)) if name in figures else ("", ""))
    ]
    about = (str(line.place or ""), str(image.number or ""), cell(image.sop_uid), str(mark.frame), mark.kind)
    times = (mark.created_at.isoformat(timespec="seconds"), mark.changed_at.isoformat(timespec="seconds"))
    behind = (cell(mark.calibration), cell(mark.points), cell(mark.owner_name), *times, mark.key)
    return ",".join((*about, cell(mark.text), *measured, *behind)) + "\n"


def _numbers(figure: Figure) -> str:
    return " ".join(f"{number:.10g}" for number in figure.numbers)
