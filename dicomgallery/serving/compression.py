"""Text answers, compressed when whoever asked can read that.

BREACH, the attack that guesses a secret from the sizes of compressed pages, needs a secret that stays the same over
many requests from another site. Our only one, the CSRF token, is signed anew each second, and the session's cookie
(SameSite=Lax) is not sent with requests that another site's page makes in the background.
"""

from flask import Response
from isal import igzip

LEAST_BYTES = 1024
_LEVEL = 2
"""Of isal's 0 to 3: a page of 100 kB takes a third of a millisecond."""
TEXT = frozenset(
    {
        "text/html",
        "text/plain",
        "text/css",
        "text/javascript",
        "application/json",
        "application/problem+json",
        "application/dicom+json",
        "image/svg+xml",
    }
)


def compressed(response: Response, accepted: str) -> Response:
    """The answer, compressed if that is worth it; streams and files pass as they are."""
    if response.mimetype not in TEXT or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if "gzip" not in accepted or "Content-Encoding" in response.headers or response.status_code in {204, 206, 304}:
        return response
    body = response.get_data()
    if len(body) < LEAST_BYTES:
        return response
    response.set_data(igzip.compress(body, _LEVEL))
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag is not None and not weak:
        # The bytes are others now, the meaning is the same.
        response.set_etag(etag, weak=True)
    return response
