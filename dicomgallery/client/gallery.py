"""A gallery as an object: one short method for each thing a program asks of it."""

import io
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from dicomgallery.client import pixels, searching, sources, taking, uploading
from dicomgallery.client.connection import Connection, Transport
from dicomgallery.client.errors import package
from dicomgallery.client.outcomes import Progress, Uploaded
from dicomgallery.client.pixels import Pixels
from dicomgallery.client.searching import Key, Level, Row, Search, address

if TYPE_CHECKING:
    from pandas import DataFrame
    from PIL.Image import Image
    from pydicom import Dataset


class Gallery:
    """A gallery at an address, asked as whoever `auth` names: `("owner", password)`, or nobody on the same machine.

    Safe to use by several threads; close it, or use it in a `with` block. `transport` is httpx's, for a proxy or
    certificates of your own. Rows are named by their ids or their DICOM UIDs (`Key`).
    """

    def __init__(self, url: str, auth: tuple[str, str] | None = None, *, transport: Transport | None = None) -> None:
        self._connection = Connection(url, auth, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End its connections."""
        self._connection.close()

    # What goes in

    def upload(
        self, *what: Any, collection: str | None = None, progress: Callable[[Progress], None] | None = None
    ) -> Uploaded:
        """Send folders and files by path, bytes or pydicom datasets, alone, as (name, it) or in lists. ZIPs are opened.

        What is here already is not sent. `progress` is called from other threads, one call at a time.
        """
        return uploading.upload(self._connection, sources.items_of(what), collection=collection, progress=progress)

    # What is found

    def patients(self, *, fields: Sequence[str] = (), **search: Unpack[Search]) -> Iterator[Row]:
        """Patients with a matching series."""
        return searching.rows(self._connection, "patients", search, fields)

    def studies(self, *, fields: Sequence[str] = (), **search: Unpack[Search]) -> Iterator[Row]:
        """Studies with a matching series."""
        return searching.rows(self._connection, "studies", search, fields)

    def series(self, *, fields: Sequence[str] = (), **search: Unpack[Search]) -> Iterator[Row]:
        """Matching series."""
        return searching.rows(self._connection, "series", search, fields)

    def instances(self, *, fields: Sequence[str] = (), **search: Unpack[Search]) -> Iterator[Row]:
        """Matching images and other objects."""
        return searching.rows(self._connection, "instances", search, fields)

    def row(self, level: Level, key: Key) -> Row:
        """One patient, study, series or instance."""
        return cast("Row", self._connection.told(address(level, key)))

    def to_pandas(self, level: Level, *, fields: Sequence[str] = (), **search: Unpack[Search]) -> "DataFrame":
        """What a search finds as a table, a row each; nested fields get names with dots: `study.date`."""
        return searching.frame_of(searching.rows(self._connection, level, search, fields))

    def tags_to_pandas(self, tags: Sequence[str], **search: Unpack[Search]) -> "DataFrame":
        """Up to 100 elements of all images that a search finds, by keyword, tag or path; indexed by the images' ids."""
        return searching.tags_frame(self._connection, tags, search)

    # What the files say

    def tags(self, instance: Key) -> dict[str, Any]:
        """The header as DICOM JSON (PS3.18 F): `{"00100010": {"vr": "PN", "Value": [...]}}`; long binaries left out."""
        return cast("dict[str, Any]", self._connection.told(address("instances", instance, "/tags")))

    def dataset(self, instance: Key) -> "Dataset":
        """The header as a pydicom Dataset, without pixels."""
        return cast("Dataset", package("pydicom", "A Dataset").Dataset.from_json(self.tags(instance)))

    def to_numpy(
        self,
        *,
        series: Key | None = None,
        instance: Key | None = None,
        frame: int | None = None,
        fill: float | None = None,
    ) -> Pixels:
        """A whole series, or the frames of one image, or one of them (from 1), in measured values.

        `fill` (NaN, for instance) takes the place of what the file calls padding. GalleryError when images differ in
        size, and have to be asked for one by one.
        """
        if series is not None and instance is None and frame is None:
            return pixels.of_series(self._connection, series, lambda *_: True, fill)
        if series is not None or instance is None:
            raise TypeError("Name either a series or an instance; a frame is one of an instance.")
        row = self.row("instances", instance)
        return pixels.of_series(
            self._connection,
            row["series"]["id"],
            lambda image, number: image == row["id"] and frame in {None, number},
            fill,
        )

    def picture(self, instance: Key, **look: Any) -> bytes:
        """An image as PNG, or as `format="jpg"`; by frame, size, window and level, auto, invert ... of `/api/docs`."""
        return self._connection.get(address("instances", instance, "/picture"), _written(look), accept="*/*").content

    def image(self, instance: Key, **look: Any) -> "Image":
        """The same picture as a Pillow image."""
        opener = package("PIL.Image", "An image")
        return cast("Image", opener.open(io.BytesIO(self.picture(instance, **look))))

    # What is taken away

    def file(self, instance: Key) -> bytes:
        """The DICOM file as it came, but for its preamble."""
        return self._connection.get(address("instances", instance, "/file"), accept="*/*").content

    def save_file(self, instance: Key, path: str | os.PathLike[str]) -> Path:
        """The DICOM file of an image, written to a path that appears when all of it is there."""
        return taking.save(self._connection, address("instances", instance, "/file"), path)

    def save_study(self, study: Key, path: str | os.PathLike[str]) -> Path:
        """All files of a study as a ZIP."""
        return taking.save(self._connection, address("studies", study, "/archive"), path)

    def save_series(self, series: Key, path: str | os.PathLike[str]) -> Path:
        """All files of a series as a ZIP."""
        return taking.save(self._connection, address("series", series, "/archive"), path)

    def save_export(
        self,
        series: Key,
        kind: str,
        path: str | os.PathLike[str],
        *,
        timeout_seconds: float = taking.PATIENCE_SECONDS,
        **how: Any,
    ) -> Path:
        """Have a file made of a series (nifti, numpy, png, gif, mp4, pdf ...), wait for it, and write it."""
        return taking.export(self._connection, series, {"kind": kind, **how}, path, timeout_seconds)

    def wait(self, job: int, *, timeout_seconds: float = taking.PATIENCE_SECONDS) -> Row:
        """Wait until a job is done, and tell of it; JobFailedError when it fails, is called off, or takes too long."""
        return taking.wait(self._connection, job, timeout_seconds)

    def wait_until_prepared(self, *, timeout_seconds: float = taking.PATIENCE_SECONDS) -> None:
        """Wait until all that came has its pictures, and can be searched by any attribute."""
        taking.prepared(self._connection, timeout_seconds)

    # What people draw

    def marks(self, *, series: Key | None = None, instance: int | None = None) -> list[Row]:
        """The marks on a series or on one image, oldest first; points in pixels from the center of the first one."""
        if (series is None) == (instance is None):
            raise TypeError("Name either a series or an instance.")
        path = address("series", series, "/marks") if series is not None else f"/api/v1/images/{instance}/marks"
        return cast("list[Row]", self._connection.told(path)["marks"])

    def mark(
        self, instance: int, kind: str, points: Sequence[tuple[float, float]], *, frame: int = 1, text: str = ""
    ) -> Row:
        """Draw a mark on an image: a length, an arrow, a polygon ...; as it is kept."""
        drawn = {"image": instance, "frame": frame, "kind": kind, "points": points, "text": text}
        return cast("Row", self._connection.post(f"/api/v1/marks/{uuid.uuid4()}", drawn, method="PUT"))


def _written(look: dict[str, Any]) -> dict[str, str]:
    """How a picture is looked at, as an address says it."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in look.items()}
