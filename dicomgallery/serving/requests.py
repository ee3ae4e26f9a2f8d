"""Each request has a number, and leaves one line in the log: its route's template, never its path or query."""

import logging
import secrets
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.wsgi import ClosingIterator

from dicomgallery import logs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER = "X-Request-Id"
log = logging.getLogger(__name__)


class GalleryResponse(Response):
    """An answer that goes out in one piece when all of it is at hand."""

    def get_app_iter(self, environ: "WSGIEnvironment") -> Iterable[bytes]:
        """A list where there is one, which the server need not ask for piece by piece."""
        pieces = super().get_app_iter(environ)
        if self.direct_passthrough:
            return pieces
        if not self.is_sequence:
            return _Watched(pieces)
        body = list(pieces)
        self.close()
        return body


class _Watched(ClosingIterator):
    """Pieces that are still made while they are sent: what breaks them off comes too late for an error page."""

    def __next__(self) -> bytes:
        try:
            return super().__next__()
        except StopIteration:
            raise
        except Exception:
            log.exception("an answer broke off")
            raise


def init_app(app: Flask) -> None:
    """Number every request of this application and log it."""
    app.response_class = GalleryResponse
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = secrets.token_hex(8)
    g.request_token = logs.request_id.set(g.request_id)


def _end(response: Response) -> Response:
    if "request_id" in g:
        response.headers[HEADER] = g.request_id
        log.info(
            "request",
            extra={
                "method": request.method,
                "route": request.url_rule.rule if request.url_rule is not None else "(none)",
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.began) * 1000, 1),
            },
        )
    return response


def _forget(_error: BaseException | None) -> None:
    token = g.pop("request_token", None)
    if token is not None:
        logs.request_id.reset(token)
