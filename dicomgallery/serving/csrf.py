"""Who may write: pages of ours, and programs; never a page of another site.

Flask-WTF's own guard reads `request.form` first, which would take a streamed body away and store a stranger's upload
before refusing it. Ours looks at the headers of the browser first, and only then for the token.

What the browser says of itself:
    Sec-Fetch-Site  same-origin, or none when a person typed the address; it cannot be set by a script
    Origin          absent for programs; "null" in forms under our own `Referrer-Policy: no-referrer`
"""

from urllib.parse import urlsplit

from flask import Request, current_app, request
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError

from dicomgallery.errors import ForbiddenError

SAFE = {"GET", "HEAD", "OPTIONS"}
HEADER = "X-CSRFToken"
FORMS = {"multipart/form-data", "application/x-www-form-urlencoded"}

ELSEWHERE = "This was sent by another site, so nothing was changed."
STALE = "This page is not current any more, so nothing was changed. Go back, load it again, and repeat what you did."

token = generate_csrf


def check() -> None:
    """Refuse a write that another site's page may have caused."""
    if request.method in SAFE:
        return
    has_session = bool(request.cookies.get(current_app.config["SESSION_COOKIE_NAME"]))
    if not _is_ours(request, trust_null=has_session):
        raise ForbiddenError(ELSEWHERE)
    if not has_session or _is_viewer_that_stores(request):
        return
    try:
        validate_csrf(_sent_token())
    except ValidationError as error:
        raise ForbiddenError(STALE) from error


def _is_ours(asked: Request, *, trust_null: bool) -> bool:
    site = asked.headers.get("Sec-Fetch-Site")
    origin = asked.headers.get("Origin")
    if site in {"same-origin", "none"}:
        return True
    if site == "cross-site":
        return False
    if origin is None:
        return True
    if origin == "null":
        # An old browser, or plain HTTP in a network: the token that must come with a session decides.
        return trust_null and site is None
    return urlsplit(origin).netloc.lower() == asked.host.lower()


def _is_viewer_that_stores(asked: Request) -> bool:
    """Say whether a viewer on an origin of ours stores objects (PS3.18 10.5): it knows no token, its browser vouches.

    No form sends such a body, and no script of another site without asking first, which is never granted here.
    """
    stores = asked.method == "POST" and asked.path.startswith("/dicom-web/studies")
    is_dicom = asked.mimetype in {"multipart/related", "application/dicom"}
    return stores and is_dicom and asked.headers.get("Sec-Fetch-Site") == "same-origin"


def _sent_token() -> str | None:
    if (sent := request.headers.get(HEADER)) is not None:
        return sent
    # A raw body is never read as a form: it belongs to its view.
    return request.form.get("csrf_token") if request.mimetype in FORMS else None
