"""Style sheets, scripts and drawings under an address that changes with their content.

The version stands in the path (`/static/<version>/js/main.js`), so that modules and style sheets which name each other
relatively stay within one version, and a browser may keep them for ever.
"""

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from dicomgallery.serving.identity import open_to_all

FOREVER = "public, max-age=31536000, immutable"
_BUILT = "dist"
"""Built on the machine after the application has started."""


def init_app(app: Flask) -> None:
    """Serve the static folder of this application with a version in its addresses."""
    folder = Path(app.static_folder or "static")
    version = version_of(folder)
    root = app.static_url_path or "/static"

    def show(filename: str, version_asked: str = "") -> Response:
        is_built = filename.startswith(_BUILT + "/")
        response = _built(folder, filename) if is_built else _compressible(folder, filename)
        response = response or send_from_directory(folder, filename)
        # What is built lies in a folder that is named after what it was built from.
        if version_asked == version or is_built:
            response.headers["Cache-Control"] = FOREVER
        else:
            response.headers["Cache-Control"] = "no-cache"
        return response

    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and not str(values.get("filename", "")).startswith(_BUILT + "/"):
            values.setdefault("version_asked", version)

    app.add_url_rule(f"{root}/<any('{version}'):version_asked>/<path:filename>", "static")
    app.view_functions["static"] = open_to_all("It is the same for everybody, and the sign-in page needs it.")(show)
    app.url_default_functions.setdefault(None, []).append(add_version)


def version_of(folder: Path) -> str:
    """A short name for the present content of a folder."""
    content = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        if file.is_file() and inside.parts[0] != _BUILT:
            content.update(f"{inside}\0{file.stat().st_size}\0".encode())
            content.update(file.read_bytes())
    return f"v{content.hexdigest()[:12]}"


def _built(folder: Path, filename: str) -> Response | None:
    """A script that was compressed when it was built; None where it was not, or is not understood so."""
    is_there = Path(safe_join(str(folder), f"{filename}.gz") or "").is_file()
    if not (is_there and "gzip" in request.headers.get("Accept-Encoding", "")):
        return None
    response = send_from_directory(folder, f"{filename}.gz", mimetype="text/javascript")
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _compressible(folder: Path, filename: str) -> Response | None:
    """Text as an answer that may be compressed; other files are for the server to send."""
    types = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    path = Path(safe_join(str(folder), filename) or "")
    media_type = types.get(path.suffix)
    if media_type is None:
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFound from error
    response = Response(data, mimetype=media_type)
    response.set_etag(hashlib.sha256(data).hexdigest()[:20])
    response.make_conditional(request)
    return response
