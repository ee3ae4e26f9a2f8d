"""What `python app.py` is told on its command line."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dicomgallery.settings import PREFIX


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, read."""

    overrides: Mapping[str, str]
    """Settings by the names of their variables; these win over the environment."""
    open_browser: bool
    verbose: bool


def read(arguments: Sequence[str] | None) -> Options:
    """Read the command line, or end with a usage message."""
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Start the DICOM Gallery with all its parts, and end them together.",
        epilog="Every setting of the README can also be given as a variable; these options win over them.",
    )
    parser.add_argument("--host", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", help="the port to listen on (5000)")
    parser.add_argument("--data", metavar="DIR", type=Path, help="the folder that holds everything (instance/)")
    parser.add_argument("--workers", metavar="N", help="HTTP processes and sandbox children (one a core)")
    parser.add_argument("--no-dicom", action="store_true", help="do not start the DICOM listener")
    parser.add_argument("--dicom-port", metavar="PORT", help="the port of the DICOM listener (11112)")
    parser.add_argument("--open", action="store_true", help="open the browser when the gallery is ready")
    parser.add_argument("--verbose", action="store_true", help="write the logs to the terminal, not to run/gallery.log")
    given = parser.parse_args(arguments)
    chosen = {
        "HOST": given.host,
        "PORT": given.port,
        "DATA": None if given.data is None else str(given.data.expanduser().absolute()),
        "WORKERS": given.workers,
        "DICOM_PORT": "0" if given.no_dicom else given.dicom_port,
    }
    overrides = {PREFIX + name: value for name, value in chosen.items() if value is not None}
    return Options(overrides, open_browser=given.open, verbose=given.verbose)


def environment(options: Options, env: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the environment of the parts: the caller's, the options on top, the data folder absolute.

    Without a word about it the data folder is `instance/` beside app.py, from wherever that was called.
    """
    merged = {**env, **options.overrides}
    data = Path(merged.get(PREFIX + "DATA", "").strip() or home / "instance")
    merged[PREFIX + "DATA"] = str(data.expanduser().absolute())
    # One thread a process for linear algebra and few heaps: the parts share the cores, and memory, already.
    for name, value in (("OPENBLAS_NUM_THREADS", "1"), ("OMP_NUM_THREADS", "1"), ("MALLOC_ARENA_MAX", "2")):
        merged.setdefault(name, value)
    return merged
