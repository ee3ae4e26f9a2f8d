"""Calls as they are written down: each value quoted for the shell, the address or the Python it stands in."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from dicomgallery.access import LOCAL_OWNER
from dicomgallery.dicom.uids import path_of
from dicomgallery.serving.identity import is_guarded

Pairs = Iterable[tuple[str, str]]

_SAFE_IN_QUERY: Final = ",:/"


@dataclass(frozen=True, slots=True)
class Call:
    """One way to ask for what a page shows."""

    dialect: str
    lines: tuple[str, ...] = ()
    """Commands of a shell, or a program; none where this dialect has no word for it."""
    remark: str = ""
    """What is otherwise than on the page, or why there is no call, in a sentence."""
    is_identity: bool = False
    """Whether somebody typed a part of it, and may have typed a name."""


Calls = Sequence[Call]


def rest(*lines: str, remark: str = "") -> Call:
    """By our own API, in a shell."""
    return Call("REST", lines, remark)


def dicomweb(*lines: str, remark: str = "") -> Call:
    """By DICOMweb (PS3.18), in a shell."""
    return Call("DICOMweb", lines, remark)


def python(*lines: str, remark: str = "") -> Call:
    """With the Python client."""
    if not lines:
        return Call("Python", (), remark)
    address = repr(_root())
    if not is_guarded():
        begin = ["from dicomgallery.client import Gallery", "", f"gallery = Gallery({address})"]
    else:
        auth = f"auth=({LOCAL_OWNER.id!r}, getpass())"
        begin = ["from getpass import getpass", "", "from dicomgallery.client import Gallery", ""]
        begin.append(f"gallery = Gallery({address}, {auth})")
    return Call("Python", (*begin, *lines), remark)


def typed(calls: Calls) -> Calls:
    """The same calls, a part of which somebody typed."""
    return [replace(call, is_identity=True) for call in calls]


def curl(path: str, query: Pairs = (), *, headers: Mapping[str, str] | None = None, more: Sequence[str] = ()) -> str:
    """The command that asks for a path of this gallery, where whoever looks at the page reached it."""
    asked = urlencode(list(query), safe=_SAFE_IN_QUERY)
    parts = ["curl"]
    # curl then asks for the password, which is written nowhere.
    parts += ["-u", LOCAL_OWNER.id] if is_guarded() else []
    for name, value in (headers or {}).items():
        parts += ["-H", f"{name}: {value}"]
    return shlex.join([*parts, *more, f"{_root()}{path}{'?' if asked else ''}{asked}"])


def called(name: str, *values: object, **named: Any) -> str:
    """A method of the client with its arguments."""
    said = [repr(value) for value in values] + [f"{key}={value!r}" for key, value in named.items()]
    return f"gallery.{name}({', '.join(said)})"


def below(*uids: str) -> str:
    """The path of a study, a series, an instance (PS3.18 10.1.1)."""
    return f"/dicom-web/{path_of(*uids)}"


def _root() -> str:
    return request.url_root.rstrip("/")
