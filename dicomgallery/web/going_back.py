"""Where to go after a deed: to the page it was done on."""

from flask import url_for


def back(path: str | None) -> str:
    """A path of this gallery that a form named, else the gallery itself."""
    # "//evil.example" and "/\evil.example" are other sites to a browser.
    is_ours = path is not None and path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if path is not None and is_ours else url_for("gallery.index")
