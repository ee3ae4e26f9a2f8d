"""A `render` whose first child is killed from outside: see `troubles.killed_render`."""

from dicomgallery.sandbox.tasks import Task
from tests.sandbox.troubles import killed_render

TASKS = {"render": Task(killed_render)}
