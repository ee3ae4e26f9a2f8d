"""`flask reidentify`: put back what was encrypted instead of removed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dicomgallery.cli.speaking import Exit, as_json, command, number, say_json

if TYPE_CHECKING:
    from dicomgallery.deid.decrypting import KeyPair
    from dicomgallery.services.reidentifying import Outcome

SHOWN = 20

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@command("reidentify")
@click.argument("source", metavar="IN", type=click.Path(exists=True, path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=_FILE, help="Your private key (RSA, PEM). It is read, and never kept.")
@click.option("--certificate", required=True, type=_FILE, help="The certificate that it was encrypted for (PEM).")
@click.option("--without-seal", is_flag=True, help="Trust what other programs encrypted, without a hash inside.")
@as_json
def reidentify_command(
    *, source: Path, target: Path, key: Path, certificate: Path, without_seal: bool, as_json: bool
) -> None:
    """Put the original attributes of a file, or of all files of a folder, back in their places.

    Ends with 0 when every file is whole again, 1 when some are not, 2 when the key does not fit or cannot be read.
    """
    # Every process knows the commands; cryptography would cost each of them 9 MB.
    from dicomgallery.services.reidentifying import reidentify  # noqa: PLC0415

    pair = _pair(key.read_bytes(), certificate.read_bytes())
    outcomes = list(reidentify(source, target, pair, without_seal=without_seal))
    failed = [one for one in outcomes if one.problem and not one.is_left_out]
    restored = [one for one in outcomes if not one.problem]
    if as_json:
        files = [{"name": one.name, "attributes": one.attributes, "problem": one.problem} for one in outcomes]
        say_json({"restored": len(restored), "failed": len(failed), "files": files})
    else:
        _say(restored, failed, len(outcomes) - len(restored) - len(failed))
    if failed:
        raise click.exceptions.Exit(Exit.FOUND)


def _pair(key: bytes, certificate: bytes) -> "KeyPair":
    from dicomgallery.deid.decrypting import KeyPair, PasswordError  # noqa: PLC0415

    try:
        return KeyPair.read(key, certificate)
    except PasswordError:
        password = click.prompt("Password of the private key", hide_input=True, err=True)
        return KeyPair.read(key, certificate, password.encode())


def _say(restored: list["Outcome"], failed: list["Outcome"], left_out: int) -> None:
    back = sum(one.attributes for one in restored)
    click.echo(
        f"{number(len(restored), 'file')} restored, {number(back, 'attribute')} put back;"
        f" {len(failed)} failed, {left_out} left out as no DICOM files."
    )
    for one in [*failed, *(one for one in restored if one.remark)][:SHOWN]:
        click.echo(f"  {click.format_filename(one.name)}: {one.problem or one.remark}")
    if len(failed) > SHOWN:
        click.echo(f"  and {len(failed) - SHOWN} more")
