"""The parts that make a gallery, as commands."""

import sys
from dataclasses import dataclass

from dicomgallery.settings import Settings


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep running."""

    name: str
    """What it is called on the terminal."""
    command: tuple[str, ...]
    niceness: int = 0
    is_once: bool = False
    """It comes to an end by itself, and is not started again."""


def migration() -> Part:
    """The part that runs first, and once: bring the database to the shape that this version knows."""
    return Part("the migration of the database", (*_flask(), "db", "upgrade"))


def sandbox() -> Part:
    """Where pixels are decoded and archives opened, in capped processes."""
    return Part("the sandbox", (sys.executable, "-m", "dicomgallery.sandbox"))


def http() -> Part:
    """What answers the browser."""
    return Part("the HTTP server", (sys.executable, "-m", "dicomgallery.supervisor.http"))


def workers(settings: Settings) -> list[Part]:
    """What does later work; niced, so that a big import never makes the gallery slow."""
    count = settings.job_workers
    numbers = [""] if count == 1 else [f" {number}" for number in range(1, count + 1)]
    return [Part(f"the worker{number}", (*_flask(), "worker"), niceness=10) for number in numbers]


def stage() -> Part:
    """What builds the browser's part of the viewer, at the first start."""
    command = (sys.executable, "-m", "dicomgallery.supervisor.bundling")
    return Part("the building of the viewer's stage", command, niceness=15, is_once=True)


def ohif() -> Part:
    """What serves OHIF and DICOMweb on a port of their own."""
    return Part("the server of OHIF", (sys.executable, "-m", "dicomgallery.supervisor.http", "ohif"))


def fetching() -> Part:
    """What fetches OHIF, at the first start that asks for it."""
    command = (sys.executable, "-m", "dicomgallery.supervisor.fetching")
    return Part("the fetching of OHIF", command, niceness=15, is_once=True)


def _flask() -> tuple[str, ...]:
    return (sys.executable, "-m", "flask", "--app", "app")
