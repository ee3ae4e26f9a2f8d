"""A Python client for a gallery: send files, search, and take tags, numbers, pictures and tables out of it.

    from dicomgallery.client import Gallery

    with Gallery("http://127.0.0.1:5000") as gallery:
        gallery.upload("folder/of/slices")
        for series in gallery.series(modality="CT"):
            print(series["id"], gallery.to_numpy(series=series["id"]).values.shape)

It imports nothing of the gallery's own, and talks to it by HTTP alone. It is synchronous; a `Gallery` may be used by
several threads at once. Besides httpx (`requirements-client.txt`) it needs NumPy; pydicom, Pillow and pandas only where
something of theirs is asked for. `docs/client.md` has examples.
"""

from dicomgallery.client.errors import (
    BusyError,
    ConflictError,
    GalleryError,
    JobFailedError,
    NotAllowedError,
    NotFoundError,
    ProblemError,
    RefusedError,
    SignInNeededError,
    UnreachableError,
)
from dicomgallery.client.gallery import Gallery
from dicomgallery.client.outcomes import FileOutcome, Progress, Uploaded
from dicomgallery.client.pixels import Pixels
from dicomgallery.client.searching import Search

__all__ = [
    "BusyError",
    "ConflictError",
    "FileOutcome",
    "Gallery",
    "GalleryError",
    "JobFailedError",
    "NotAllowedError",
    "NotFoundError",
    "Pixels",
    "ProblemError",
    "Progress",
    "RefusedError",
    "Search",
    "SignInNeededError",
    "UnreachableError",
    "Uploaded",
]
