"""An `unpack` that is not the real one: see `troubles.forged_unpack`."""

from dicomgallery.sandbox.tasks import Task
from tests.sandbox.troubles import forged_unpack

TASKS = {"unpack": Task(forged_unpack, is_long=True)}
