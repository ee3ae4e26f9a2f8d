"""Keeping the cache of volumes small and true."""

from datetime import timedelta

from dicomgallery import settings
from dicomgallery.access import SYSTEM, Actor, Permission, demand
from dicomgallery.catalog.batches import batches
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import db
from dicomgallery.services import volumes
from dicomgallery.services.cache_files import Cleared
from dicomgallery.services.upkeep.blobs import BATCH, without_rows


@handles("clear-volumes", every=timedelta(minutes=15))
def clear_regularly(_context: JobContext) -> None:
    """Keep the cache of volumes under its limit."""
    clear_volumes(actor=SYSTEM)


def clear_volumes(*, actor: Actor) -> Cleared:
    """Drop volumes of which a blob is gone, of older versions, and over the limit what was used longest ago."""
    demand(actor, Permission.ADMIN)
    cache = volumes.cache()
    forget_gone()
    return cache.clear(settings.current().volume_cache_bytes)


def forget_gone() -> None:
    """Drop every volume that shows a blob which no instance refers to any more."""
    cache = volumes.cache()
    for key, blobs in list(cache.blobs()):
        if any(without_rows(some) for some in batches(blobs, BATCH)):
            cache.forget(key)
        db.session.rollback()
