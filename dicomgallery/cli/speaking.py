"""How a command speaks: plain words for a person, JSON for a program, and an exit code for both."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from functools import update_wrapper
from typing import Any, ParamSpec

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from dicomgallery.errors import GalleryError

P = ParamSpec("P")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


class Exit(IntEnum):
    """What a command's end says."""

    CLEAN = 0
    FOUND = 1
    """Something is wrong, or some files were not taken."""
    COULD_NOT = 2
    """The work itself could not be done."""


def command(name: str, **attributes: Any) -> Callable[[Callable[P, None]], click.Command]:
    """A command inside the application that says in one line why it could not."""

    def wrap(work: Callable[P, None]) -> click.Command:
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            with _plain_failures():
                work(*args, **kwargs)

        inside: Callable[..., None] = with_appcontext(update_wrapper(run, work))
        decorate: Callable[[Callable[..., None]], click.Command] = click.command(name, **attributes)
        return decorate(inside)

    return wrap


@contextmanager
def _plain_failures() -> Iterator[None]:
    try:
        yield
    except GalleryError as error:
        _could_not(error.message)
    except DBAPIError:
        # Its text would quote rows.
        _could_not("The gallery's database cannot be read or written. Is the data folder the right one, and migrated?")
    except OSError as error:
        _could_not(f"The disk refused: {error.strerror or type(error).__name__}.")


def _could_not(sentence: str) -> None:
    click.echo(sentence, err=True)
    raise click.exceptions.Exit(Exit.COULD_NOT)


def say_json(fields: Mapping[str, Any]) -> None:
    """Print fields as one JSON document."""
    click.echo(json.dumps(fields, indent=2))


def size(count: int) -> str:
    """A number of bytes as a person says it: "1.5 MB"."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def number(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 file", "12 000 files"."""
    return f"{count:,} ".replace(",", " ") + (one if count == 1 else many or f"{one}s")
