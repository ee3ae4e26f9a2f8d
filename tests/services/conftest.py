"""Others than the owner."""

import pytest

from dicomgallery.access import Actor, ActorKind, Permission, Scope


@pytest.fixture
def onlooker() -> Actor:
    """May see everything and change nothing."""
    return Actor(ActorKind.OWNER, "onlooker", "Onlooker", Scope(), frozenset({Permission.VIEW}))


@pytest.fixture
def stranger() -> Actor:
    """May do everything, in another workspace."""
    return Actor(ActorKind.OWNER, "stranger", "Stranger", Scope(frozenset({2})), frozenset(Permission), workspace_id=2)
