"""The browser door."""

from flask import Flask

from dicomgallery.web import (
    about,
    account,
    cards,
    collections,
    comparing,
    deidentify,
    edit_tables,
    editor,
    exports,
    gallery,
    health,
    images,
    marks,
    patients,
    pictures,
    receipts,
    selection,
    series,
    studies,
    upload,
    viewer,
)
from dicomgallery.web import bin as bins
from dicomgallery.web.deidentify import profiles, review

PAGES = (
    gallery,
    upload,
    images,
    series,
    viewer,
    exports,
    edit_tables,
    editor,
    studies,
    patients,
    collections,
    receipts,
    bins,
    selection,
)
DEIDENTIFYING = (deidentify, profiles, review)
BESIDE = (comparing, marks, pictures, about, account, health)


def register(app: Flask) -> None:
    """Hang this door's routes into the application."""
    for module in (*PAGES, *DEIDENTIFYING, *BESIDE):
        app.register_blueprint(module.bp)
    app.add_template_filter(cards.thumbnail)
