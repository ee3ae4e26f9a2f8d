"""The door of DICOMweb (PS3.18), at /dicom-web."""

from flask import Flask

from dicomgallery.dicomweb import (
    bulkdata,
    capabilities,
    deletion,
    frames,
    metadata,
    rendered,
    retrieve,
    search,
    stow,
    uri,
)


def register(app: Flask) -> None:
    """Hang this door's routes into the application."""
    for blueprint in (
        bulkdata.bp,
        capabilities.bp,
        deletion.bp,
        frames.bp,
        metadata.bp,
        rendered.bp,
        retrieve.bp,
        search.bp,
        stow.bp,
        uri.bp,
    ):
        app.register_blueprint(blueprint)
