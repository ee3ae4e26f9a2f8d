"""The door of DICOMweb (PS3.18), at /dicom-web.

search                              QIDO-RS (10.6)
metadata                            headers of studies, series, instances (10.4.1.1.2)
retrieve, frames, bulkdata          WADO-RS (10.4): objects, frames, long values
rendered, looks                     pictures, and how their parameters are read (10.4.1.1.3, 8.3.5)
uri                                 WADO-URI (9)
stow, parts, store_answer           STOW-RS (10.5): the door, its bodies, what it answers
deletion, capabilities              what archives do besides; what this one can do (8.9)
negotiation, models, content_types  what Accept says, JSON or XML, media types and their parameters
multipart, addresses                answers of several parts; where things are
"""

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
