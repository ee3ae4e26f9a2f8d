"""OHIF on a port of its own: its files at the root, our DICOMweb beside them, and the same rules as everywhere.

The application of that port is the whole gallery, but this answers first: only what OHIF asks of the gallery, and what
signing in needs, is let through.
"""

import base64
import gzip
import hashlib
import json
import mimetypes
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed, NotFound

from dicomgallery import ohif, settings
from dicomgallery.access import Permission, demand
from dicomgallery.errors import UnavailableError
from dicomgallery.serving.headers import FOREVER, PRIVATE
from dicomgallery.serving.identity import current_actor

GALLERYS: Final = frozenset({"dicom-web", "wado", "static", "login", "logout", "healthz"})
"""The first words of the addresses that stay the gallery's own on this port; OHIF has no file of these names."""

CONFIGURATION: Final = {
    "routerBasename": "/",
    "extensions": [],
    "modes": [],
    "customizationService": {},
    "showStudyList": True,
    "maxNumberOfWebWorkers": 3,
    "showLoadingIndicator": True,
    "showWarningMessageForCrossOrigin": True,
    "showCPUFallbackMessage": True,
    "strictZSpacingForVolumeViewport": True,
    "groupEnabledModesFirst": True,
    "showErrorDetails": "always",
    # A browser opens six connections to a host: more requests under way would only stand before the urgent ones.
    "maxNumRequests": {"interaction": 20, "thumbnail": 5, "prefetch": 6},
    "defaultDataSourceName": "gallery",
    "dataSources": [
        {
            "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
            "sourceName": "gallery",
            "configuration": {
                "friendlyName": "DICOM Gallery",
                "name": "gallery",
                "qidoRoot": "/dicom-web",
                "wadoRoot": "/dicom-web",
                "wadoUriRoot": "/wado",
                "qidoSupportsIncludeField": True,
                "supportsFuzzyMatching": True,
                "supportsWildcard": True,
                "imageRendering": "wadors",
                "thumbnailRendering": "thumbnailDirect",
                "enableStudyLazyLoad": True,
                "singlepart": "bulkdata",
                "bulkDataURI": {"enabled": True},
                "omitQuotationForMultipartRequest": True,
                "dicomUploadEnabled": False,
            },
        }
    ],
}
"""What OHIF is told at its start (docs.ohif.org, Configuration): one source, this host, and nothing of another one."""

WORKERS_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; worker-src 'self' blob:; connect-src 'self'"
)
"""What a script may do that runs as a worker: the decoders of JPEG and JPEG 2000 write functions as they start.

A browser heeds the policy of a script's own answer for workers alone; what runs in the page has the page's.
"""

_HASHED: Final = re.compile(r"(.*\.)?[0-9a-f]{16}\.\w+")
"""A name that its content has a part in; what it means never changes."""
_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}


def stand_at_the_root(app: Flask) -> None:
    """Let OHIF answer for every address of this application that it does not need from the gallery."""
    app.before_request(_answer)


def _answer() -> ResponseReturnValue | None:
    name = request.path.lstrip("/")
    if name.partition("/")[0] in GALLERYS:
        return None
    demand(current_actor(), Permission.VIEW)
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(["GET", "HEAD"])
    data = settings.current().data
    if not ohif.is_there(data):
        raise UnavailableError(ohif.why_not(data))
    place = ohif.place(data)
    if name == "app-config.js":
        response = Response(f"window.config = {json.dumps(CONFIGURATION, indent=1)};\n", mimetype="text/javascript")
    else:
        response = _file(_named(name, place), place)
    is_page = response.mimetype == "text/html"
    response.headers["Content-Security-Policy"] = _policy(place) if is_page else WORKERS_POLICY
    return response


def _named(name: str, place: Path) -> str:
    """The file for an address: itself, or the page, which has addresses of its own for its parts."""
    if name in _files(place):
        return name
    if "." in name.rpartition("/")[2]:
        raise NotFound
    return ohif.PAGE


def _file(name: str, place: Path) -> Response:
    path = _files(place)[name]
    kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = send_file(path, mimetype=kind)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(_unpacked(path), mimetype=kind)
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = FOREVER if _HASHED.fullmatch(name) else PRIVATE
    return response


def _unpacked(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as packed:
        while chunk := packed.read(1 << 16):
            yield chunk


@lru_cache(maxsize=4)
def _files(place: Path) -> Mapping[str, Path]:
    """Every file of a place that is there, by the name it is served by: no address is ever taken for a path."""
    packed = place.rglob(f"*{ohif.PACKED}")
    return {path.relative_to(place).as_posix().removesuffix(ohif.PACKED): path for path in packed}


@lru_cache(maxsize=4)
def _policy(place: Path) -> str:
    """What OHIF may do: all it needs comes from this host, the few inline scripts of its page by their hashes."""
    page = gzip.decompress(_files(place)[ohif.PAGE].read_bytes()).decode("utf-8", "replace")
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE.findall(page))
    inline = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' 'wasm-unsafe-eval' {inline}",
        "worker-src": "'self' blob:",
        "connect-src": "'self'",
        # Its components write their rules into the page as they come.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self' data:",
        "manifest-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())
