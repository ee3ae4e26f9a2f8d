"""`flask ingest`: files and folders of this machine into the gallery."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from dicomgallery.access import LOCAL_OWNER
from dicomgallery.cli.speaking import Exit, as_json, command, number, say_json, size
from dicomgallery.ingest.incoming import IncomingFile, Origin, from_path
from dicomgallery.ingest.outcome import ADVICE, IngestReport
from dicomgallery.services.receiving import receive

SHOWN = 20
"""Rejected files that are named; the receipt has them all."""


@command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--collection", metavar="NAME", help="Put the files into the collection of this name.")
@as_json
def ingest(*, paths: Sequence[Path], collection: str | None, as_json: bool) -> None:
    """Take files, folders, ZIPs and tars into the gallery. The files themselves are copied, never changed."""
    began = time.monotonic()
    found = list(_files(paths))
    total = sum(size_bytes for _, _, size_bytes in found)
    with click.progressbar(
        length=max(1, total), label=number(len(found), "file"), show_pos=False, hidden=as_json, file=sys.stderr
    ) as bar:
        report = receive(_incoming(found, bar), actor=LOCAL_OWNER, origin=Origin.CLI, collection=collection)
        bar.update(max(0, bar.length - bar.pos) if bar.length else 0)
    seconds = time.monotonic() - began
    if as_json:
        say_json(_as_fields(report, total, seconds))
    else:
        _say(report, total, seconds)
    if report.rejected:
        raise click.exceptions.Exit(Exit.FOUND)


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, str, int]]:
    """Each file with the name it gets and its size; folders are walked in order, links in them not followed."""
    for path in paths:
        if not path.is_dir():
            yield path, path.name, _size(path)
            continue
        root = path.resolve()
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                file = Path(folder) / name
                yield file, file.relative_to(root.parent).as_posix(), _size(file)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        # It is rejected with its reason when it is opened.
        return 0


def _incoming(found: Sequence[tuple[Path, str, int]], bar: Any) -> Iterator[IncomingFile]:
    for path, name, size_bytes in found:
        yield from_path(path, name)
        bar.update(size_bytes)


def _as_fields(report: IngestReport, size_bytes: int, seconds: float) -> dict[str, Any]:
    rejected = [
        {"name": item.name, "reason": item.reason.value, "detail": item.detail, "advice": ADVICE[item.reason]}
        for item in report.rejected
    ]
    return {
        "receipt": report.receipt_id,
        **report.counts(),
        "size_bytes": size_bytes,
        "seconds": round(seconds, 3),
        "files": rejected,
    }


def _say(report: IngestReport, size_bytes: int, seconds: float) -> None:
    counts = report.counts()
    files_a_second = len(report.outcomes) / max(seconds, 1e-3)
    bytes_a_second = round(size_bytes / max(seconds, 1e-3))
    click.echo(
        f"{number(counts['accepted'], 'file')} stored, {counts['duplicate']} here already,"
        f" {counts['rejected']} rejected in {seconds:.1f} s ({files_a_second:.0f} files and {size(bytes_a_second)}"
        f" a second). Receipt {report.receipt_id}."
    )
    for item in report.rejected[:SHOWN]:
        click.echo(f"  {click.format_filename(item.name)}: {item.detail} {ADVICE[item.reason]}")
    if len(report.rejected) > SHOWN:
        click.echo(f"  and {len(report.rejected) - SHOWN} more; the receipt in the gallery names them all.")
