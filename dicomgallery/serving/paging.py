"""Pages of a list: a cursor in the URL, and half a page for the script that appends it."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from flask import Response, after_this_request, request

PARTIAL = "X-Partial"
CURSOR = "cursor"


def cursor() -> str | None:
    """Where the page asked for begins; None for the first."""
    return request.args.get(CURSOR) or None


def wants_partial() -> bool:
    """Say whether a script asked for the list alone, to append it to the page it has."""
    # The address is the page's own: no cache may show a person who goes back to it the one for the other.
    after_this_request(_varies)
    return PARTIAL in request.headers


def address(path: str, args: Iterable[tuple[str, str]], *, cursor_after: str | None = None) -> str:
    """A URL of this application with these arguments, and where its page begins."""
    pairs: Sequence[tuple[str, str]] = [(name, value) for name, value in args if name != CURSOR]
    if cursor_after is not None:
        pairs = [*pairs, (CURSOR, cursor_after)]
    query = urlencode(pairs)
    return f"{path}?{query}" if query else path


def start(length: int) -> int:
    """Where a page of a list that is at hand begins: the `from` of the URL, within the list."""
    text = request.args.get("from", "")
    return min(int(text), length) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def from_start(path: str, start_at: int, length: int) -> str:
    """The page of a list at hand that begins there; empty when the list has ended."""
    return address(path, [("from", str(start_at))]) if start_at < length else ""


def _varies(response: Response) -> Response:
    response.vary.add(PARTIAL)
    return response
