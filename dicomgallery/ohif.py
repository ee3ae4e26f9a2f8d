"""OHIF, another viewer that may stand beside the gallery: which one it is, where its files lie, or why they do not."""

import contextlib
import os
from pathlib import Path
from typing import Final

VERSION: Final = "3.13.2"
PACKAGE: Final = f"https://registry.npmjs.org/@ohif/app/-/app-{VERSION}.tgz"
INTEGRITY: Final = "sha512-WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="
"""As the registry tells it for this version, in the form of Subresource Integrity."""
PAGE: Final = "index.html"
PACKED: Final = ".gz"
"""Every file is kept compressed, as it is sent."""

_NOT_YET: Final = "OHIF is being fetched, once, in the background; that takes a minute or two."


def home(data: Path) -> Path:
    """The folder of all there is of OHIF; one that is emptied is filled again at the next start."""
    return data / "cache" / "ohif"


def place(data: Path) -> Path:
    """Where the files of this version lie, or are to lie; they appear all at once."""
    return home(data) / VERSION


def is_there(data: Path) -> bool:
    """Say whether browsers can have it."""
    return (place(data) / (PAGE + PACKED)).is_file()


def why_not(data: Path) -> str:
    """Why it is not there (yet), in a sentence."""
    try:
        return _account(data).read_text(encoding="utf-8") or _NOT_YET
    except OSError:
        return _NOT_YET


def tell_why_not(data: Path, why: str) -> None:
    """Keep for the pages why it could not be fetched; nothing when it is tried again."""
    with contextlib.suppress(OSError):
        aside = home(data) / f"why-not.{os.getpid()}"
        aside.write_text(why, encoding="utf-8")
        aside.replace(_account(data))


def _account(data: Path) -> Path:
    return home(data) / f"why-not-{VERSION}.txt"
