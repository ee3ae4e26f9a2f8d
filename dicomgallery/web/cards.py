"""A card of the catalog, with the addresses a page gives it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote

from flask import request, url_for

from dicomgallery.catalog.cards import Card
from dicomgallery.catalog.instances import Slice
from dicomgallery.catalog.query import Level
from dicomgallery.catalog.series import SeriesPage
from dicomgallery.imaging.spec import THUMBNAIL, RenderSpec
from dicomgallery.serving.filters import decimal
from dicomgallery.web import ohif_links

_THUMBNAIL = THUMBNAIL.token()
_OF_FRAMES = ("image", "segmentation")
"""Kinds of objects that hold pictures of their own; what is drawn of others is nothing to step through."""


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card, where it leads, its picture, the stack one can scrub through, and the viewer where there is one."""

    card: Card
    href: str
    src: str
    scrub: str
    viewer: str
    """Ours for a series, OHIF for a study."""


def shown(cards: Iterable[Card]) -> list[ShownCard]:
    """The cards of a page with their addresses."""
    ohif = ohif_links.viewer()
    return [ShownCard(_named(card), _href(card), thumbnail(card), _scrub(card), _viewer(card, ohif)) for card in cards]


def thumbnail(card: Card) -> str:
    """The address of a card's picture; empty when nothing stands for it."""
    return "" if card.instance_id is None else picture(card.instance_id, card.blob12, _THUMBNAIL)


def picture(instance_id: int, blob_sha256: str, spec: RenderSpec | str) -> str:
    """The address of a picture of an instance."""
    token = spec if isinstance(spec, str) else spec.token()
    # Written out: this is asked hundreds of times a page, and nothing in it needs quoting.
    return f"{request.script_root}/pictures/{instance_id}-{blob_sha256[:12]}/{token}"


def image_page(image_id: int) -> str:
    """The address of the page of an image."""
    # Written out for the same reason: a stack has thousands.
    return f"{request.script_root}/images/{image_id}/detail"


def _href(card: Card) -> str:
    match card.level:
        case Level.IMAGE:
            return image_page(card.id)
        case Level.SERIES if card.count == 1 and card.instance_id is not None:
            # A series of one image is that image (contract A).
            return image_page(card.instance_id)
        case Level.SERIES:
            return url_for("series.show", series_id=card.id)
        case Level.STUDY:
            return url_for("studies.show", study_id=card.id)
        case Level.PATIENT:
            return url_for("patients.show", patient_id=card.id)


def _scrub(card: Card) -> str:
    if card.level is Level.SERIES and max(card.count, card.frames) > 1:
        return url_for("series.frames", series_id=card.id)
    if card.level is Level.IMAGE and card.frames > 1:
        return url_for("images.frames", image_id=card.id)
    return ""


def _viewer(card: Card, ohif: str) -> str:
    if card.level is Level.STUDY:
        return f"{ohif}{quote(card.study_uid)}" if ohif and card.study_uid else ""
    has_pictures = card.level is Level.SERIES and card.kind in _OF_FRAMES and card.render_state != "none"
    return url_for("viewer.show", key=str(card.id)) if has_pictures else ""


def _named(card: Card) -> Card:
    """A series of one image shows that file's label (contract A)."""
    is_one_file = card.level is Level.SERIES and card.count == 1 and card.label
    return replace(card, subtitle=card.label) if is_one_file else card


def slice_card(one: Slice, page: SeriesPage, place: int) -> Card:
    """A slice as a card of its series's page: named by its place and position, not by its patient."""
    position = f"{decimal(one.position_mm)} mm" if one.position_mm is not None else ""
    return Card(
        level=Level.IMAGE,
        id=one.id,
        instance_id=one.id,
        blob12=one.blob12,
        title=f"Image {place}",
        subtitle=one.label,
        date=position or f"Number {one.number}" if one.number is not None or position else "No position",
        modality=page.series.modality,
        count=1,
        frames=max(one.frames, 1),
        kind=one.kind,
        render_state=one.render_state,
        render_reason=one.render_reason,
        render_detail=one.render_detail,
        file_name=one.file_name,
        label=one.label,
        series_id=page.series.id,
    )
