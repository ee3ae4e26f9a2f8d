"""An `unpack` that is not the real one: see `troubles.dying_unpack`."""

from dicomgallery.sandbox.tasks import Task
from tests.sandbox.troubles import dying_unpack

TASKS = {"unpack": Task(dying_unpack, is_long=True)}
