"""The part of the viewer that is built on the machine: where it lies in the static folder, or why it does not."""

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).resolve().parents[1]
DIST: Final = HOME / "static" / "dist"
SCRIPT: Final = "cornerstone.js"

_ACCOUNT: Final = "why-not.json"
_NOT_YET: Final = "It is built once, in the background, when the gallery starts."


@lru_cache(maxsize=1)
def name() -> str:
    """What it is built from, as a short name: the pins and our own few files."""
    content = hashlib.sha256()
    sources = sorted((HOME / "tools" / "stage").glob("*.*js"))
    for path in (HOME / "package.json", HOME / "package-lock.json", *sources):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]


def script() -> Path:
    """Where the built script lies, or is to lie."""
    return DIST / name() / SCRIPT


def is_built() -> bool:
    """Say whether browsers can have it."""
    return script().is_file()


def why_not() -> str:
    """Why it is not there (yet), in a sentence."""
    try:
        told = json.loads((DIST / _ACCOUNT).read_bytes())
        return str(told["why"]) if told["name"] == name() else _NOT_YET
    except (OSError, ValueError, KeyError, TypeError):
        return _NOT_YET


def tell_why_not(why: str) -> None:
    """Keep for the pages why it could not be built."""
    aside = DIST / f"{_ACCOUNT}.{os.getpid()}"
    aside.write_text(json.dumps({"name": name(), "why": why}))
    aside.replace(DIST / _ACCOUNT)
