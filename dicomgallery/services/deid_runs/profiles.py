"""Profiles that are kept: by name, each edit a version of its own."""

from dataclasses import replace
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dicomgallery import audit
from dicomgallery.access import Actor, Permission, demand
from dicomgallery.audit import Event
from dicomgallery.catalog import deid as catalog
from dicomgallery.deid.profile import BASIC, Profile, from_json
from dicomgallery.errors import RefusedError
from dicomgallery.models import DeidProfile, now, retried

LONGEST_JSON = 4 << 20


def save(text: str | bytes, name: str = "", *, actor: Actor) -> int:
    """Keep a profile, as its JSON, under its name or another; gives the row of the version it becomes.

    RefusedError in words when it is none. What is the same as the newest version stays that one.
    """
    demand(actor, Permission.DEIDENTIFY)
    if len(text) > LONGEST_JSON:
        raise RefusedError("The profile is too long.")
    read = from_json(text)
    profile = from_json(replace(read, name=name.strip() or read.name).as_json())
    if profile.name == BASIC.name:
        raise RefusedError("The Basic Profile is built in and stays as it is. Give yours another name.")
    return retried(partial(_save, profile=profile, actor=actor))


def save_of_run(run_id: int, name: str, *, actor: Actor) -> int:
    """Keep the profile of a run under a name."""
    demand(actor, Permission.DEIDENTIFY)
    return save(catalog.by_id(actor.scope, actor.id, run_id).run.profile, name, actor=actor)


def _save(session: Session, profile: Profile, actor: Actor) -> int:
    mine = (DeidProfile.workspace_id == actor.workspace_id, DeidProfile.name == profile.name)
    last = session.scalar(select(func.max(DeidProfile.version)).where(*mine)) or 0
    if last:
        newest = session.scalars(select(DeidProfile).where(*mine, DeidProfile.version == last)).one()
        if from_json(newest.json) == replace(profile, version=last):
            return newest.id
    row = DeidProfile(
        workspace_id=actor.workspace_id,
        name=profile.name,
        version=last + 1,
        json=replace(profile, version=last + 1).as_json(),
        owner_id=actor.id,
        created_at=now(),
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, Event.DEID_PROFILE_MADE, f"deid_profile:{row.id}", version=row.version)
    return row.id
