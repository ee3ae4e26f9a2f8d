"""What every answer carries: nothing inline may run, nothing leaks to other sites, text travels compressed."""

from flask import Flask, Response, request

from dicomgallery.serving.compression import compressed

_POLICY = {
    "default-src": "'none'",
    "img-src": "'self' data: blob:",
    "media-src": "'self'",
    "style-src": "'self'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{name} {sources}" for name, sources in _POLICY.items())
LOCKED_UP = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of what came inside a file and is shown by itself: it may do nothing, and belongs to no site."""
PRIVATE = "private, no-cache"
"""Kept by the browser alone, and asked for again each time: what most answers are."""
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    # For browsers that do not know frame-ancestors.
    "X-Frame-Options": "DENY",
    "Cache-Control": PRIVATE,
}
FOREVER = "private, max-age=31536000, immutable"
"""For addresses whose content never changes."""


def unchanged(etag: str, *, weak: bool = False) -> Response | None:
    """A 304 where whoever asks has it already, None where it has to be sent (RFC 9110 13.1.2).

    `weak` is for what says the same in other bytes: packed or not, between other boundaries.
    """
    held = request.if_none_match
    if not (held.contains_weak(etag) if weak else held.contains(etag)):
        return None
    response = Response(status=304)
    response.set_etag(etag, weak=weak)
    return response


def init_app(app: Flask) -> None:
    """Add the headers to every answer, failures too."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    # One look at what is there: each question to a header list walks through it.
    there = {name.lower() for name, _ in response.headers}
    for name, value in ALWAYS.items():
        if name.lower() not in there:
            response.headers.add(name, value)
    return compressed(response, request.headers.get("Accept-Encoding", ""))
