"""An `unpack` that is not the real one: see `troubles.litter`."""

from dicomgallery.sandbox.tasks import Task
from tests.sandbox.troubles import litter

TASKS = {"unpack": Task(litter, is_long=True)}
