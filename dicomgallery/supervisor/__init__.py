"""Starts the gallery's parts, keeps them running, and ends them all with itself.

It stays thin: no Flask, no database, no DICOM; so it has little that can fail, and costs little memory.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dicomgallery import bundle, ohif
from dicomgallery import settings as setting
from dicomgallery.errors import GalleryError
from dicomgallery.settings import Settings
from dicomgallery.supervisor import address, folder, options, parts
from dicomgallery.supervisor.keeper import Child, Keeper
from dicomgallery.supervisor.logfile import LogFile
from dicomgallery.supervisor.options import Options

HOME = Path(__file__).resolve().parents[2]
TRIES_AT_START = 3
HEALTH_SECONDS = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the gallery until it is told to end; return the exit code."""
    os.umask(0o077)
    chosen = options.read(arguments)
    env = options.environment(chosen, os.environ, HOME)
    try:
        settings = setting.load(env)
        folder.prepare(settings)
        held = folder.lock(settings)
        address.demand_free(settings)
    except GalleryError as error:
        _say(error.message)
        return 2
    log = LogFile(settings.run / "gallery.log")
    keeper = Keeper(env, HOME, log, verbose=chosen.verbose)
    keeper.heed_signals()
    try:
        return _run(keeper, settings, chosen, log)
    finally:
        keeper.end()
        keeper.close()
        os.close(held)


def _run(keeper: Keeper, settings: Settings, chosen: Options, log: LogFile) -> int:
    log.rotate_when_large()
    keeper.keep(parts.sandbox())
    code, words = keeper.run_once(parts.migration())
    if keeper.asked_to_end():
        return 0
    if code:
        _say(_migration_failed(words, log, verbose=chosen.verbose))
        return 1
    keeper.keep(parts.http())
    ready = False
    while not keeper.asked_to_end():
        dead = keeper.tend()
        for child in dead:
            _tell(child, log, ready=ready, verbose=chosen.verbose)
        if not ready:
            if any(child.deaths >= TRIES_AT_START for child in dead):
                _say("The gallery could not start.")
                return 1
            ready = address.answers(settings)
            if ready:
                # Only now: on two cores they would make the first page wait.
                for part in parts.workers(settings):
                    keeper.keep(part)
                if settings.build_stage and not bundle.is_built():
                    keeper.keep(parts.stage())
                if settings.ohif_port:
                    keeper.keep(parts.ohif())
                    if not ohif.is_there(settings.data):
                        keeper.keep(parts.fetching())
                _welcome(settings, open_browser=chosen.open_browser)
        log.rotate_when_large()
        keeper.wait(min(keeper.seconds_to_next_start(), 30.0 if ready else HEALTH_SECONDS))
    return 0


def _welcome(settings: Settings, *, open_browser: bool) -> None:
    where = address.url(settings)
    print(f"DICOM Gallery is at {where} (data in {_shown(settings.data)}/, Ctrl-C ends it).", flush=True)
    if open_browser:
        # In a process of its own: a browser for the terminal would hold this one.
        subprocess.Popen(  # noqa: S603  our own address
            [sys.executable, "-m", "webbrowser", where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _tell(child: Child, log: LogFile, *, ready: bool, verbose: bool) -> None:
    """Say that a part died: with its last words while starting, in one line later."""
    name = child.part.name[0].upper() + child.part.name[1:]
    _say(f"{name} ended by itself; it starts again.")
    if not ready and not verbose:
        for line in log.words_since(child.log_offset):
            _say(f"  {line}")


def _migration_failed(words: Sequence[str], log: LogFile, *, verbose: bool) -> str:
    if any("Can't locate revision" in line for line in words):
        return "The database was written by a newer version of the gallery. Use that version, or another --data folder."
    told = "".join(f"\n  {line}" for line in words)
    return f"The database could not be brought up to date{'.' if verbose else f' (see {_shown(log.path)}).'}{told}"


def _shown(path: Path) -> Path:
    """The shortest way to name a path from where the person stands."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
