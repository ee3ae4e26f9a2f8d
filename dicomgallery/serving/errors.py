"""Failures as answers: one status for each kind, and one shape for each protocol.

A browser gets a page in plain words, `/api` and `/dicom-web` get `application/problem+json` (RFC 9457), another door
the shape its contract asks for. The text of an exception that is not ours never leaves the process.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from dicomgallery.errors import (
    ConflictError,
    ForbiddenError,
    GalleryError,
    NotFoundError,
    RefusedError,
    SettingError,
    TooLargeError,
    UnavailableError,
)
from dicomgallery.serving.identity import SignInNeededError, TooManyAttemptsError
from dicomgallery.storage.staging import StorageFullError

STATUS_OF: dict[type[GalleryError], int] = {
    NotFoundError: 404,
    SignInNeededError: 401,
    TooManyAttemptsError: 429,
    ForbiddenError: 403,
    TooLargeError: 413,
    RefusedError: 422,
    ConflictError: 409,
    StorageFullError: 507,
    UnavailableError: 503,
    SettingError: 500,
    GalleryError: 500,
}

SENTENCES = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not answer to that kind of request.",
    413: "What was sent is larger than the gallery takes in one piece. Drop it in smaller parts, or raise the limit.",
    401: "Sign in with the owner's password first.",
    403: "Whoever asks has no right to this, or another site sent it.",
    406: "There is no answer in a form that was asked for.",
    409: "It clashes with what is here.",
    415: "This address does not take that kind of content.",
    416: "There are no such bytes in this file.",
    422: "What was sent cannot be accepted as it is; the detail says why.",
    429: "Too many wrong passwords. Wait a minute, then try again.",
    503: "It cannot be done just now. Try again in a moment.",
    507: "The disk is full.",
    500: "Something went wrong in the gallery. It is written in its log under the request's number.",
}
TITLES = {
    400: "Not understood",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    406: "No such form",
    409: "Does not fit",
    413: "Too large",
    422: "Not accepted",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "Not just now",
    507: "The disk is full",
}

type_of_shape = Callable[[int, str], ResponseReturnValue]
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Answer every failure of this application."""
    app.register_error_handler(GalleryError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _surprise)


def use_shape(blueprint: Blueprint, shape: type_of_shape) -> None:
    """Give the failures of a blueprint's routes a shape of their own: `shape(status, sentence)`."""
    blueprint.error_shape = shape  # type: ignore[attr-defined] # an attribute of ours


def status_of(error: GalleryError) -> int:
    """The HTTP status of a failure, by the nearest kind that has one."""
    return next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)


def answer(status: int, sentence: str) -> ResponseReturnValue:
    """A failure in the shape that whoever asked understands."""
    shape = getattr(current_app.blueprints.get(request.blueprint or ""), "error_shape", None)
    if shape is not None and not wants_page():
        shaped: ResponseReturnValue = shape(status, sentence)
        return shaped
    return page(status, sentence) if wants_page() else problem(status, sentence)


def wants_page() -> bool:
    """Say whether whoever asked is a person with a browser; machines are answered in JSON."""
    if request.path.startswith(("/api/", "/dicom-web/")):
        return False
    accepted = request.accept_mimetypes
    return accepted.provided and accepted["text/html"] > 0 and "text/html" in accepted.values()


def page(status: int, sentence: str) -> ResponseReturnValue:
    """A failure as a page in plain words."""
    try:
        body = render_template("errors/error.html", status=status, title=title_of(status), sentence=sentence)
    except Exception:
        # The page itself may be what fails; words without a page are better than none.
        log.exception("the error page failed")
        body = f"{title_of(status)}. {sentence} ({g.get('request_id', '')})"
        return Response(body, 500, mimetype="text/plain")
    return body, status


def problem(status: int, sentence: str) -> ResponseReturnValue:
    """A failure as problem details (RFC 9457)."""
    body = jsonify(
        detail=sentence, request_id=g.get("request_id", ""), status=status, title=title_of(status), type="about:blank"
    )
    body.status_code = status
    body.mimetype = "application/problem+json"
    return body


def title_of(status: int) -> str:
    """A few words for a status."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def sentence_of(status: int) -> str:
    """What there is to say of a status when nothing more is known."""
    return SENTENCES.get(status) or HTTPStatus(status).description


def _expected(error: GalleryError) -> ResponseReturnValue:
    if isinstance(error, SignInNeededError) and wants_page():
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")), 303)
    response = current_app.make_response(answer(status_of(error), error.message))
    if isinstance(error, SignInNeededError):
        response.headers["WWW-Authenticate"] = 'Basic realm="DICOM Gallery", charset="UTF-8"'
    if isinstance(error, TooManyAttemptsError):
        response.headers["Retry-After"] = "60"
    return response


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:
        # A redirect that routing asks for, or an answer somebody has made already.
        return error
    status = error.code
    # What our own code says stands in `description`; Werkzeug's stock texts are for programmers.
    own = error.description if error.description and error.description != type(error).description else None
    response = current_app.make_response(answer(status, own or sentence_of(status)))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after", "www-authenticate"}:
            response.headers[name] = value
    return response


def _surprise(_error: Exception) -> ResponseReturnValue:
    return answer(500, SENTENCES[500])
