"""Keeping the cache of pictures small and true."""

from datetime import timedelta
from itertools import islice
from typing import Final

from sqlalchemy import select

from dicomgallery import audit, settings
from dicomgallery.access import SYSTEM, Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog.batches import batches
from dicomgallery.jobs import queue
from dicomgallery.jobs.runner import JobContext, handles
from dicomgallery.models import Instance, db, transaction
from dicomgallery.services import pictures, preparing
from dicomgallery.services.cache_files import Cleared
from dicomgallery.services.upkeep.blobs import BATCH, without_rows

_INSTANCES_A_TRANSACTION: Final = 2000


@handles("clear-pictures", every=timedelta(minutes=15))
def clear_regularly(_context: JobContext) -> None:
    """Keep the cache of pictures under its limit."""
    clear_pictures(actor=SYSTEM)


def clear_pictures(*, actor: Actor) -> Cleared:
    """Drop pictures of blobs and states that are gone, of older renderers, and over the limit the longest unused."""
    demand(actor, Permission.ADMIN)
    cache = pictures.cache()
    cache.forget_older_versions()
    hashes = cache.blobs()
    while some := list(islice(hashes, BATCH)):
        for sha256 in without_rows(some):
            cache.forget(sha256)
        db.session.rollback()
    # What a state that is gone has written on pictures goes with it.
    for states in batches(sorted(cache.states())):
        here = set(db.session.scalars(select(Instance.id).where(Instance.id.in_(states))))
        for state_id in set(states) - here:
            cache.forget_state(state_id)
        db.session.rollback()
    return cache.clear(settings.current().picture_cache_bytes)


def rebuild_pictures(*, actor: Actor) -> int:
    """Forget every picture and have every thumbnail made again; gives how many instances wait for theirs."""
    demand(actor, Permission.ADMIN)
    pictures.cache().forget_all()
    last = count = 0
    while True:
        with transaction() as session:
            query = select(Instance.id).where(Instance.id > last).order_by(Instance.id)
            ids = session.scalars(query.limit(_INSTANCES_A_TRANSACTION)).all()
            if not ids:
                break
            preparing.again(session, ids)
        last, count = ids[-1], count + len(ids)
    with transaction() as session:
        audit.record(session, actor, Event.PICTURES_REBUILT, instances=count)
    queue.wake()
    return count
