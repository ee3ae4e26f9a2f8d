"""Where a page ends, as an opaque text for URLs; whatever is no such text means the first page."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dicomgallery.errors import RefusedError

Key = tuple[Any, ...]

LONGEST = 2000


def encode(kind: str, key: Sequence[Any]) -> str:
    """Make a cursor of the sort key of the last item; it names the kind of list it belongs to."""
    plain = [kind, *(["@", v.astimezone(UTC).isoformat()] if isinstance(v, datetime) else v for v in key)]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(kind: str, cursor: str | None, *shape: type) -> Key | None:
    """The sort key in a cursor of this kind whose values have these types; None for anything else."""
    found = _read(cursor) if cursor else None
    if not isinstance(found, list) or len(found) != len(shape) + 1 or found[0] != kind:
        return None
    try:
        return tuple(_value(value, wanted) for value, wanted in zip(found[1:], shape, strict=True))
    except (ValueError, TypeError):
        return None


def check(kind: str, cursor: str | None) -> None:
    """Refuse what is no cursor of this list: a program would else begin anew without knowing it."""
    if cursor is None:
        return
    found = _read(cursor)
    if not isinstance(found, list) or not found or found[0] != kind:
        raise RefusedError("This cursor is not of this list. Take the one that its last page gave.")


def _read(cursor: str) -> Any:
    """What is packed into a cursor; None for any other text."""
    if len(cursor) > LONGEST or not cursor.isascii():
        return None
    try:
        return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError, binascii.Error):
        return None


def _value(value: Any, wanted: type) -> Any:
    if wanted is datetime:
        if not isinstance(value, list) or len(value) != 2 or value[0] != "@":
            raise ValueError("no instant")
        instant = datetime.fromisoformat(value[1])
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    if wanted is int and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62:
        return value
    if wanted is str and isinstance(value, str) and "\0" not in value:
        value.encode()  # half a surrogate pair is no text
        return value
    raise ValueError("not of its type")
