"""`flask rebuild-pictures`, `flask sweep`, `flask stats`."""

from datetime import timedelta

import click

from dicomgallery.access import SYSTEM
from dicomgallery.cli.speaking import as_json, command, number, say_json, size
from dicomgallery.services import upkeep


@command("rebuild-pictures")
def rebuild_pictures() -> None:
    """Forget every picture and have all thumbnails made again by the workers."""
    count = upkeep.rebuild_pictures(actor=SYSTEM)
    click.echo(f"{number(count, 'image')} will get a new thumbnail from the workers.")


@command("sweep")
def sweep() -> None:
    """Remove files that belong to no image, what interrupted uploads left, and old notes."""
    swept = upkeep.sweep(actor=SYSTEM)
    click.echo(
        f"Removed {number(swept.blobs, 'stray file')} ({size(swept.blob_bytes)}),"
        f" {number(swept.temporary, 'leftover')} of interrupted uploads, {number(swept.jobs, 'old job')},"
        f" {number(swept.changes, 'old notice')} and {number(swept.marks, 'removed mark')}."
    )
    hours = timedelta(seconds=upkeep.sweeping.AGE_SECONDS) // timedelta(hours=1)
    click.echo(f"What is younger than {number(hours, 'hour')} was left alone.")


@command("stats")
@as_json
def stats(*, as_json: bool) -> None:
    """Count what is in the gallery."""
    counted = upkeep.statistics(actor=SYSTEM)
    if as_json:
        say_json(counted.as_fields())
        return
    for name, count in counted.as_fields().items():
        words = name.removesuffix("_bytes").replace("_", " ")
        shown = size(count) if name.endswith("_bytes") else f"{count:,}".replace(",", " ")
        label = f"{words}, size" if name.endswith("_bytes") else words
        click.echo(f"{label:<22}{shown:>14}")
