"""Who asks, and what they may see and do."""

from dataclasses import dataclass
from enum import StrEnum

from dicomgallery.errors import ForbiddenError

HOME_WORKSPACE = 1
"""The workspace that exists from the first start."""


class Permission(StrEnum):
    """What a route or a service can demand."""

    VIEW = "view"
    UPLOAD = "upload"
    ANNOTATE = "annotate"
    EDIT = "edit"
    DELETE = "delete"
    EXPORT = "export"
    DEIDENTIFY = "deidentify"
    ADMIN = "admin"


class ActorKind(StrEnum):
    """The kinds of asker; only the local owner exists so far."""

    OWNER = "owner"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Scope:
    """What an actor may see: the workspaces named, or all of them (None)."""

    workspace_ids: frozenset[int] | None = None

    def covers(self, workspace_id: int) -> bool:
        """Say whether rows of this workspace are visible."""
        return self.workspace_ids is None or workspace_id in self.workspace_ids


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks."""

    kind: ActorKind
    id: str
    name: str
    scope: Scope
    permissions: frozenset[Permission]
    workspace_id: int = HOME_WORKSPACE
    """Where what this actor brings in belongs."""


LOCAL_OWNER = Actor(ActorKind.OWNER, "owner", "Local owner", Scope(), frozenset(Permission))
SYSTEM = Actor(ActorKind.SYSTEM, "system", "The gallery itself", Scope(), frozenset(Permission))


def demand(actor: Actor, permission: Permission) -> None:
    """Let the actor pass, or raise ForbiddenError."""
    if permission not in actor.permissions:
        raise ForbiddenError(f"This needs the right to {permission.value}.")
