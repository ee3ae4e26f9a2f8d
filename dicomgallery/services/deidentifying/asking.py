"""What a run is asked for: a profile, the one secret of a project, the pseudonyms made with it."""

import csv
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dicomgallery.deid.profile import BASIC, Profile, from_json
from dicomgallery.deid.pseudonyms import DEFAULT_PATTERN, Pseudonyms
from dicomgallery.errors import RefusedError

_SECRET_BYTES: Final = 32
_LONGEST_SECRET: Final = 4096
_LONGEST_LIST: Final = 16 << 20
_LONGEST_PROFILE: Final = 16 << 20


def pseudonyms(secret_file: Path, *, pattern: str = DEFAULT_PATTERN, list_file: Path | None = None) -> Pseudonyms:
    """The pseudonyms of the project whose secret is in a file; a new secret is made where there is no file.

    `list_file` is a CSV of old patient IDs and new ones, without a heading. Raises RefusedError.
    """
    return Pseudonyms(_secret(secret_file), pattern, {} if list_file is None else _listed(list_file))


def profile(file: Path | None, options: Sequence[str] = ()) -> Profile:
    """The profile of a JSON file, or the Basic Profile, with more options. Raises RefusedError."""
    if file is None:
        return BASIC.with_options(*options)
    if not file.is_file():
        raise RefusedError("There is no such profile: it is 'basic', or a file of JSON.")
    if file.stat().st_size > _LONGEST_PROFILE:
        raise RefusedError("The profile is too long.")
    return from_json(file.read_bytes()).with_options(*options)


def _secret(path: Path) -> bytes:
    try:
        held = path.read_bytes()
    except FileNotFoundError:
        return _new_secret(path)
    held = held.strip()
    if len(held) > _LONGEST_SECRET:
        raise RefusedError("The file of the secret is too long to be one.")
    return held


def _new_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_hex(_SECRET_BYTES).encode("ascii")
    # Whoever has it can tell who is who: nobody but its owner may read it.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret + b"\n")
    return secret


def _listed(path: Path) -> dict[str, str]:
    if path.stat().st_size > _LONGEST_LIST:
        raise RefusedError("The list of pseudonyms is too long.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise RefusedError("The list of pseudonyms is no CSV in UTF-8.") from error
    if any(len(row) != 2 for row in rows):
        raise RefusedError("Each line of the list of pseudonyms must have an old patient ID and a new one.")
    # Patient IDs are compared by their bytes, as the engine reads them.
    listed = {old.strip().encode().decode("latin-1"): new.strip() for old, new in rows}
    if len(listed) != len(rows):
        raise RefusedError("The list of pseudonyms names a patient twice.")
    return listed
