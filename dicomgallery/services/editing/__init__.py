"""Editing tags: a plan is gathered, looked at as a diff, done by a job, and undone.

plans      gathering what is wanted, and in which instances
by_csv     the same for a table: sheets are its cells, tables what changes in which image
reviewing  every change before it is made
files      the new file of one instance
doing      the job: new files through ingest, each in the place of its source
levels     what series, studies and patients say after their files changed
restoring  an older version back in its place
"""

from dicomgallery.services.editing.by_csv import EMPTY, REMOVE, Problem, begin_by_csv
from dicomgallery.services.editing.doing import carry_out
from dicomgallery.services.editing.elements import Editing, Element, editing
from dicomgallery.services.editing.plans import (
    Identity,
    Plan,
    Reach,
    add,
    begin,
    discard,
    of,
    settle,
    start,
    take_back,
)
from dicomgallery.services.editing.restoring import Comparison, compare, restore
from dicomgallery.services.editing.reviewing import PAGE, Preview, Review, review

__all__ = [
    "EMPTY",
    "PAGE",
    "REMOVE",
    "Comparison",
    "Editing",
    "Element",
    "Identity",
    "Plan",
    "Preview",
    "Problem",
    "Reach",
    "Review",
    "add",
    "begin",
    "begin_by_csv",
    "carry_out",
    "compare",
    "discard",
    "editing",
    "of",
    "restore",
    "review",
    "settle",
    "start",
    "take_back",
]
