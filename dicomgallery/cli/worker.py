"""`flask worker`: a process that does later work."""

from dicomgallery.cli.speaking import command
from dicomgallery.jobs.worker import work
from dicomgallery.services import deid_runs, editing, preparing, removal, upkeep

HANDLERS = (editing, preparing, removal, upkeep, deid_runs)
"""Importing these registers what the jobs of every name do, in each process that has the application."""


@command("worker")
def worker() -> None:
    """Make pictures, index headers and keep the gallery tidy, until told to stop."""
    work()
