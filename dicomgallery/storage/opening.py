"""Which blob store the operator chose."""

from functools import lru_cache

from dicomgallery import settings
from dicomgallery.settings import Settings
from dicomgallery.storage.blobs import BlobStore
from dicomgallery.storage.local import LocalStore


@lru_cache(maxsize=8)
def open_store(chosen: Settings) -> BlobStore:
    """Open the store these settings name; the same settings give the same store."""
    return LocalStore(chosen.data.resolve())


def store() -> BlobStore:
    """The store of the application at work."""
    return open_store(settings.current())
