"""The door of DICOMweb (PS3.18), at /dicom-web."""

from flask import Flask

from dicomgallery.dicomweb import deletion, stow


def register(app: Flask) -> None:
    """Hang this door's routes into the application."""
    for blueprint in (stow.bp, deletion.bp):
        app.register_blueprint(blueprint)
