"""The browser's part of the viewer, as the page hands it over."""

from flask import url_for

from dicomgallery import bundle, settings


class Stage:
    """Where the script of the stage lies, or why there is none."""

    @property
    def address(self) -> str:
        """The address of the script; empty until it is built."""
        return url_for("static", filename=f"dist/{bundle.name()}/{bundle.SCRIPT}") if bundle.is_built() else ""

    @property
    def why_not(self) -> str:
        """Why there is none, in a sentence; empty when there is."""
        if bundle.is_built():
            return ""
        return bundle.why_not() if settings.current().build_stage else "Building it is switched off here."
