"""What can go wrong; `str(error)` is a sentence for a person, the gallery's own where it said one.

GalleryError
  UnreachableError        nobody answers, or the connection dropped
  JobFailedError          a job failed, was called off, or took too long
  ProblemError            the gallery answered that it cannot: `status`, `title`, `request_id`
    SignInNeededError     401
    NotAllowedError       403
    NotFoundError         404
    ConflictError         409
    RefusedError          400, 413, 422: what was asked or sent makes no sense, or is too much
    BusyError             502, 503, 504: worth another try later
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final


class GalleryError(Exception):
    """Whatever this client raises by itself."""


class UnreachableError(GalleryError):
    """Nobody answers at this address, or the connection dropped."""


class JobFailedError(GalleryError):
    """A job came to no good end in time."""


class ProblemError(GalleryError):
    """The gallery answered that it cannot (RFC 9457)."""

    def __init__(self, sentence: str, *, status: int, title: str = "", request_id: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.title = title
        self.request_id = request_id
        """What the gallery's log calls the request."""


class SignInNeededError(ProblemError):
    """The owner's password is missing or wrong."""


class NotAllowedError(ProblemError):
    """Whoever asks may not do that."""


class NotFoundError(ProblemError):
    """There is no such thing, or it may not be seen."""


class ConflictError(ProblemError):
    """It does not fit what is there meanwhile."""


class RefusedError(ProblemError):
    """What was asked or sent makes no sense, or is too much."""


class BusyError(ProblemError):
    """Not just now."""


_KIND_OF: Final[Mapping[int, type[ProblemError]]] = {
    400: RefusedError,
    401: SignInNeededError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    413: RefusedError,
    422: RefusedError,
    **dict.fromkeys((502, 503, 504), BusyError),
}


def problem_of(status: int, body: object) -> ProblemError:
    """The exception that an answer means; `body` is its problem details, or anything else where there are none."""
    told = body if isinstance(body, Mapping) else {}
    sentence = told.get("detail") or f"The gallery answered with HTTP {status} and said no more."
    title, request_id = told.get("title"), told.get("request_id")
    kind = _KIND_OF.get(status, ProblemError)
    return kind(str(sentence), status=status, title=str(title or ""), request_id=str(request_id or ""))


def package(name: str, purpose: str) -> Any:
    """A package that not everyone needs; ImportError in a sentence where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"{purpose} needs the package {name.partition('.')[0]}, which is not installed.") from error
