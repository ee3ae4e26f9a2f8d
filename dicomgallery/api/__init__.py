"""The door for programs: contracts B and C, streamed uploads, marks, what has changed."""

from flask import Flask

from dicomgallery.api import changes, marks, microservice, upload, uploads, zip_viewer


def register(app: Flask) -> None:
    """Hang this door's routes into the application."""
    # A study called "a//b" keeps both its slashes.
    app.url_map.merge_slashes = False
    for blueprint in (upload.bp, microservice.bp, zip_viewer.bp, uploads.bp, changes.bp, marks.bp):
        app.register_blueprint(blueprint)
