"""`flask demo`: sample images, in the gallery or as a ZIP."""

from pathlib import Path

import click

from dicomgallery.access import LOCAL_OWNER
from dicomgallery.cli.speaking import command, number, size
from dicomgallery.services import demo as samples


@command("demo")
@click.option("--zip", "target", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path), help="Write a ZIP.")
@click.option("--slices", type=click.IntRange(1, 5000), default=samples.SLICES, show_default=True)
def demo(*, target: Path | None, slices: int) -> None:
    """Load sample images; with --zip, write a ZIP of synthetic CT slices and leave the gallery alone."""
    if target is not None:
        count = samples.write_zip(target, slices)
        click.echo(f"{number(count, 'slice')}, {size(target.stat().st_size)}: {click.format_filename(target)}")
        return
    counts = samples.load(LOCAL_OWNER, slices=slices).counts()
    click.echo(
        f"{number(counts['accepted'], 'sample image')} stored, {counts['duplicate']} here already,"
        f" {counts['rejected']} rejected as they should be."
    )
