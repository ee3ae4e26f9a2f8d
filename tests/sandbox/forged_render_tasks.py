"""A `render` that a hostile file has taken over: see `troubles.forged_render`."""

from dicomgallery.sandbox.tasks import Task
from tests.sandbox.troubles import forged_render

TASKS = {"render": Task(forged_render)}
