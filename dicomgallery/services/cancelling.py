"""Calling off what somebody asked for; what the gallery does for itself goes on."""

from dicomgallery.access import Actor, Permission, demand
from dicomgallery.catalog import jobs
from dicomgallery.errors import ConflictError
from dicomgallery.models import Job
from dicomgallery.services import exports

_OVER = frozenset({"done", "failed", "cancelled"})


def cancel(job_id: int, *, actor: Actor) -> Job:
    """Call a job off; ConflictError when it is over, or is upkeep that nobody asked for."""
    demand(actor, Permission.EXPORT)
    job = jobs.by_id(actor.scope, job_id)
    if job.state in _OVER:
        raise ConflictError("This job is over already.")
    export = jobs.export_of(actor.scope, job_id)
    if export is None:
        raise ConflictError("The gallery needs this work for itself; only exports can be called off.")
    exports.cancel(export.id, actor=actor)
    return jobs.by_id(actor.scope, job_id)
