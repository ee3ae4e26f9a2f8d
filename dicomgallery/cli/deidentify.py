"""`flask deidentify`: a folder of files without identity into another; needs no server and no database."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dicomgallery import settings
from dicomgallery.cli.speaking import Exit, as_json, command, number, say_json
from dicomgallery.services import deidentifying
from dicomgallery.services.deidentifying import BurnedIn, End, Outcome

if TYPE_CHECKING:
    from dicomgallery.services.deidentifying.envelopes import Envelope

SHOWN: Final = 20
"""Files that did not pass of which the reason is said."""
KEY_NAME: Final = "deidentify.secret"
CIPHERS: Final = ("aes-256-cbc", "aes-128-cbc")


@command("deidentify")
@click.argument("source", metavar="IN", type=click.Path(exists=True, path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option("--profile", default="basic", show_default=True, metavar="basic|FILE", help="The profile, or its JSON.")
@click.option("--option", "options", multiple=True, metavar="NAME", help="An option of PS3.15 E.3, such as clean_desc.")
@click.option(
    "--burned-in",
    type=click.Choice([way.value for way in BurnedIn]),
    default=BurnedIn.QUARANTINE.value,
    show_default=True,
    help="What to do where text may be in the pixels: set apart, paint black, or leave.",
)
@click.option(
    "--secret-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The project's secret: the same makes the same UIDs. Made when missing; else one in the data folder.",
)
@click.option("--pattern", default="SUBJ-{hash}", show_default=True, help="How pseudonyms are made.")
@click.option(
    "--pseudonyms",
    "list_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV lines of an old patient ID and its pseudonym.",
)
@click.option(
    "--encrypt-for",
    "certificates",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Let what is removed go along encrypted for this certificate (RSA, PEM); `flask reidentify` puts it back.",
)
@click.option(
    "--cipher", type=click.Choice(CIPHERS), default=CIPHERS[0], show_default=True, help="For what goes along."
)
@as_json
def deidentify(  # noqa: PLR0913 - its options
    *,
    source: Path,
    target: Path,
    profile: str,
    options: tuple[str, ...],
    burned_in: str,
    secret_file: Path | None,
    pattern: str,
    list_file: Path | None,
    certificates: tuple[Path, ...],
    cipher: str,
    as_json: bool,
) -> None:
    """Write the files of IN without identity to OUT, which must be empty. IN is never changed.

    Ends with 0 when all DICOM files were written, 1 when some failed or wait in OUT/quarantine for a person, 2 when
    the work could not be done.
    """
    secret = secret_file or settings.current().data / KEY_NAME
    run = deidentifying.begin(
        source,
        target,
        profile=deidentifying.profile(None if profile == "basic" else Path(profile), options),
        pseudonyms=deidentifying.pseudonyms(secret, pattern=pattern, list_file=list_file),
        burned_in=BurnedIn(burned_in),
        envelope=_envelope(certificates, cipher) if certificates else None,
    )
    shown: list[Outcome] = []
    for done, outcome in enumerate(run.outcomes(), 1):
        if outcome.end is not End.WRITTEN and len(shown) < SHOWN:
            shown.append(outcome)
        if not as_json and sys.stderr.isatty():
            click.echo(f"\r{number(done, 'file')} ", nl=False, err=True)
    if as_json:
        say_json(_as_fields(run, shown))
    else:
        _say(run, shown)
    if run.counts[End.FAILED] or run.counts[End.QUARANTINED]:
        raise click.exceptions.Exit(Exit.FOUND)


def _envelope(certificates: tuple[Path, ...], cipher: str) -> "Envelope":
    # Every process knows the commands; cryptography would cost each of them 9 MB.
    from dicomgallery.services.deidentifying.envelopes import Envelope  # noqa: PLC0415

    return Envelope.read(certificates, cipher)


def _as_fields(run: deidentifying.FolderRun, shown: list[Outcome]) -> dict[str, Any]:
    files = [{"number": one.number, "end": one.end.value, "detail": one.detail} for one in shown]
    return {end.name.lower(): run.counts[end] for end in End} | {"changes": run.changes, "files": files}


def _say(run: deidentifying.FolderRun, shown: list[Outcome]) -> None:
    counts = run.counts
    click.echo(
        f"{number(counts[End.WRITTEN], 'file')} written with {number(run.changes, 'change')}; {counts[End.QUARANTINED]}"
        f" in quarantine, {counts[End.LEFT_OUT]} left out, {counts[End.FAILED]} failed."
    )
    for one in shown:
        click.echo(f"  file {one.number}, {one.end.value}: {one.detail}")
    if (rest := sum(counts.values()) - counts[End.WRITTEN] - len(shown)) > 0:
        click.echo(f"  and {rest} more.")
    if counts[End.QUARANTINED]:
        click.echo("Why files wait is said in quarantine/reasons.csv.")
