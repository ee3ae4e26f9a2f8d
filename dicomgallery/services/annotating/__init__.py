"""Marks: what people draw on images, kept on the server, each by who made it."""

from dicomgallery.services.annotating.burning import MOST_DRAWN, markings_of
from dicomgallery.services.annotating.deeds import Outdated, Saved, put, remove, restore
from dicomgallery.services.annotating.drafts import Draft
from dicomgallery.services.annotating.tables import taken_as_csv, taken_as_json
from dicomgallery.services.annotating.telling import as_json, for_drawing, may_change

__all__ = [
    "MOST_DRAWN",
    "Draft",
    "Outdated",
    "Saved",
    "as_json",
    "for_drawing",
    "markings_of",
    "may_change",
    "put",
    "remove",
    "restore",
    "taken_as_csv",
    "taken_as_json",
]
