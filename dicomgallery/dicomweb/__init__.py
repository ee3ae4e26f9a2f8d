"""The door of DICOMweb (PS3.18), at /dicom-web."""

from flask import Flask

from dicomgallery.dicomweb import capabilities, deletion, metadata, search, stow


def register(app: Flask) -> None:
    """Hang this door's routes into the application."""
    for blueprint in (capabilities.bp, deletion.bp, metadata.bp, search.bp, stow.bp):
        app.register_blueprint(blueprint)
