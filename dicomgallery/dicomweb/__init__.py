"""The door of DICOMweb (PS3.18), at /dicom-web."""

from flask import Flask

from dicomgallery.dicomweb import deletion, metadata, search, stow


def register(app: Flask) -> None:
    """Hang this door's routes into the application."""
    for blueprint in (deletion.bp, metadata.bp, search.bp, stow.bp):
        app.register_blueprint(blueprint)
