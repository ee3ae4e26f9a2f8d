"""What was found out once in a transaction that only reads need not be asked again in it.

A page asks for its cards, their count, the facets and the years, one after another, and each
begins by weighing the same search. Inside one transaction the answers stay what they are.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

from dicomgallery.models import db
from dicomgallery.models.base import WRITE

Answer = TypeVar("Answer")

_KEY = "catalog.memo"


def remembered(question: Hashable, find: Callable[[], Answer]) -> Answer:
    """The answer to this question, found at most once in a transaction that does not write."""
    session = db.session()
    writes = session.connection().get_execution_options().get(WRITE)
    if writes or session.new or session.dirty or session.deleted:
        return find()
    transaction = session.get_transaction()
    of, answers = session.info.get(_KEY, (None, {}))
    if of is not transaction:
        answers = {}
        session.info[_KEY] = (transaction, answers)
    if question not in answers:
        answers[question] = find()
    found: Answer = answers[question]
    return found
