"""The sandbox of the application at work."""

from functools import lru_cache

from dicomgallery import settings
from dicomgallery.sandbox.client import Sandbox, open_sandbox
from dicomgallery.settings import Settings


@lru_cache(maxsize=8)
def sandbox_of(chosen: Settings) -> Sandbox:
    """The sandbox for these settings: the server's, or a private child."""
    return open_sandbox(chosen)


def sandbox() -> Sandbox:
    """The sandbox of the application at work."""
    return sandbox_of(settings.current())
