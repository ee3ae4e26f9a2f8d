"""Keeping the cache of metadata small and true."""

from datetime import timedelta

from dicomgallery import settings
from dicomgallery.access import SYSTEM, Actor, Permission, demand
from dicomgallery.catalog.dicomweb import members
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import db
from dicomgallery.services import metadata
from dicomgallery.services.cache_files import Cleared


@handles("clear-metadata", every=timedelta(minutes=15))
def clear_regularly(_context: JobContext) -> None:
    """Keep the cache of metadata under its limit."""
    clear_metadata(actor=SYSTEM)


def clear_metadata(*, actor: Actor) -> Cleared:
    """Drop metadata of series that changed or went, of older versions, and over the limit the longest unused."""
    demand(actor, Permission.ADMIN)
    cache = metadata.cache()
    for key in list(cache.keys()):
        here = members.members(actor.scope, key.series_id)
        db.session.rollback()
        # Nothing of what went for good, or lies in the bin, stays readable beside it.
        if not here or metadata.fingerprint(here) != key.members:
            cache.forget(key)
    return cache.clear(settings.current().metadata_cache_bytes)
