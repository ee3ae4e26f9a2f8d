"""The door for programs: our own REST API with its document, and contracts B and C."""

from flask import Flask

from dicomgallery.api import (
    changes,
    collections,
    comparisons,
    deidentifications,
    document,
    exports,
    instances,
    jobs,
    levels,
    marks,
    microservice,
    pictures,
    planes,
    receipts,
    upload,
    uploads,
    zip_viewer,
)

DESCRIBED = (
    levels,
    instances,
    comparisons,
    pictures,
    planes,
    uploads,
    receipts,
    collections,
    marks,
    exports,
    deidentifications,
    jobs,
    changes,
    upload,
    microservice,
    zip_viewer,
)


def register(app: Flask) -> None:
    """Hang this door's routes into the application."""
    # A study called "a//b" keeps both its slashes.
    app.url_map.merge_slashes = False
    app.url_map.converters["names"] = microservice.NamesConverter
    for module in DESCRIBED:
        app.register_blueprint(module.bp)
    app.register_blueprint(document.bp)
    document.tell(app, [module.bp for module in DESCRIBED])
