"""The command-line door."""

from flask import Flask

from dicomgallery.cli.deidentify import deidentify
from dicomgallery.cli.demo import demo
from dicomgallery.cli.ingest import ingest
from dicomgallery.cli.reidentify import reidentify_command
from dicomgallery.cli.upkeep import rebuild_pictures, stats, sweep
from dicomgallery.cli.verify import verify
from dicomgallery.cli.worker import worker


def register(app: Flask) -> None:
    """Add the gallery's commands to `flask`."""
    for command in (ingest, demo, deidentify, reidentify_command, verify, rebuild_pictures, sweep, stats, worker):
        app.cli.add_command(command)
