"""Marks that leave as a part of pictures."""

from collections.abc import Iterable
from typing import Final

from dicomgallery.access import Actor
from dicomgallery.catalog import marks as catalog
from dicomgallery.catalog.instances import Slice
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.errors import GalleryError
from dicomgallery.imaging.aspect import pixel_ratio
from dicomgallery.imaging.finish import Markings
from dicomgallery.models import Mark
from dicomgallery.services import inspecting
from dicomgallery.services.annotating.telling import for_drawing

MOST_DRAWN: Final = 300
"""On one picture; more would hide it."""

Place = tuple[int, int]
"""An image and a frame of it, from 1."""


def markings_of(
    images: Iterable[tuple[Slice, int | None]], *, actor: Actor, series_id: int | None = None, is_nameless: bool
) -> dict[Place, Markings]:
    """The marks on these images and frames, ready to be burned in; what has none is left out.

    Of a whole series its id saves asking image by image.
    """
    wanted = {(one.id, frame or 1): (one, frame) for one, frame in images}
    if series_id is not None:
        found = catalog.of_series(actor.scope, series_id)
    else:
        found = catalog.of_images(actor.scope, sorted({image_id for image_id, _ in wanted}))
    by_place: dict[Place, list[Mark]] = {}
    for mark in found:
        if (mark.instance_key, mark.frame) in wanted:
            by_place.setdefault((mark.instance_key, mark.frame), []).append(mark)
    made = {}
    for place, marks in by_place.items():
        one, frame = wanted[place]
        if one.rows:
            drawn = tuple(for_drawing(mark, is_nameless=is_nameless) for mark in marks[:MOST_DRAWN])
            made[place] = Markings(drawn, one.rows, _ratio(one, frame, actor))
    return made


def _ratio(one: Slice, frame: int | None, actor: Actor) -> float:
    try:
        content = inspecting.content_at(one.id, frame or 1, actor=actor)
    except (GalleryError, UnreadableError):
        # Then there is no picture either, and that is told.
        return 1.0
    return pixel_ratio(content.dataset)
