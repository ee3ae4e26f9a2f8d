"""Shared by the HTTP doors."""

from flask import Flask

from dicomgallery.serving import uploads


def init_app(app: Flask) -> None:
    """Give every HTTP door its identity, errors, headers and filters."""
    app.request_class = uploads.GalleryRequest
    app.config.update(MAX_FORM_PARTS=uploads.MAX_PARTS, MAX_FORM_MEMORY_SIZE=uploads.MAX_FIELD_BYTES)
