"""`flask verify`: find what is wrong with the gallery, and mend it."""

import click

from dicomgallery.access import SYSTEM
from dicomgallery.cli.speaking import Exit, as_json, command, number, say_json
from dicomgallery.services import upkeep
from dicomgallery.services.upkeep import Findings, Kind, Mended
from dicomgallery.services.upkeep.findings import SHOWN


@command("verify")
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@click.option("--skip-contents", is_flag=True, help="Do not read every file to check its hash.")
@as_json
def verify(*, repair: bool, skip_contents: bool, as_json: bool) -> None:
    """Look for missing, stray and changed files, missing thumbnails and wrong counts.

    Ends with 0 when all is well, 1 when something is wrong (with --repair: still wrong afterwards), 2 when
    the gallery could not be looked at.
    """
    findings = upkeep.verify(actor=SYSTEM, with_contents=not skip_contents)
    mended = None
    left = findings
    if repair and not findings.is_clean:
        mended = upkeep.repair(findings, actor=SYSTEM)
        left = upkeep.verify(actor=SYSTEM, with_contents=False)
    if as_json:
        say_json(findings.as_fields() | ({"mended": mended.as_fields(), "left": left.as_fields()} if mended else {}))
    else:
        _say(findings)
        if mended is not None:
            _say_mended(mended, left)
    if not left.is_clean:
        raise click.exceptions.Exit(Exit.FOUND)


def _say(findings: Findings) -> None:
    click.echo(f"Looked at {number(findings.instances, 'image')} and {number(findings.blobs, 'file')}.")
    if findings.arriving:
        click.echo(f"{number(findings.arriving, 'file')} may still be arriving.")
    for kind in Kind:
        wrong = findings.wrong[kind]
        if wrong:
            click.echo(f"{len(wrong)} {kind.words}:")
            for text in wrong[:SHOWN]:
                click.echo(f"  {text}")
            if len(wrong) > SHOWN:
                click.echo(f"  and {len(wrong) - SHOWN} more")
    click.echo(
        "All is well." if findings.is_clean else "Something is wrong; `flask verify --repair` mends what can be."
    )


def _say_mended(mended: Mended, left: Findings) -> None:
    click.echo(
        f"Mended: {number(mended.counters, 'count')}, {number(mended.pictures, 'thumbnail')} to be made again,"
        f" {number(mended.blobs_removed, 'stray file')} removed,"
        f" {number(mended.blobs_set_aside, 'changed file')} set aside in the folder `damaged`."
    )
    lost = len(left.wrong[Kind.ROWS_WITHOUT_BLOBS])
    if lost:
        click.echo(f"{number(lost, 'image')} lost their file; send the files again and they are whole.")
