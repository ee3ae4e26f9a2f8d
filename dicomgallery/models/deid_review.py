"""The rows of the review of burned-in text: what is proposed for each object that waits, and what was decided."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dicomgallery.models.base import Base, UtcDateTime
from dicomgallery.models.tables import Key


class DeidReview(Base):
    """An object of a run that somebody has to look at; its number is that of its item."""

    __tablename__ = "deid_review"
    __table_args__ = (
        Index("ix_deid_review_state", "run_id", "state", "number"),
        Index("ix_deid_review_kind", "run_id", "kind"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("deid_run.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="searching")
    """searching, until boxes are proposed; then open; closed when its item has ended otherwise than by its pixels."""
    kind: Mapped[str] = mapped_column(String(64), default="")
    """A hash of device, class and size: objects of one kind have their writing in the same places."""
    columns: Mapped[int] = mapped_column(Integer, default=0)
    rows: Mapped[int] = mapped_column(Integer, default=0)
    frames: Mapped[int] = mapped_column(Integer, default=1)
    searched: Mapped[int] = mapped_column(Integer, default=0)
    """Frames that the detector has looked at."""
    proposed: Mapped[str] = mapped_column(Text, default="[]")
    """JSON: boxes as [left, top, right, bottom, where from]."""
    note: Mapped[str] = mapped_column(Text, default="")
    """Why it is here again, or what could not be searched; in words that name nobody."""


class DeidDecision(Base):
    """What somebody decided about the pixels of an object; it stands until it is undone or the run has done it."""

    __tablename__ = "deid_decision"
    __table_args__ = (Index("ix_deid_decision_item", "run_id", "number", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("deid_run.id"))
    number: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(String(10))
    """accept, reject or leave."""
    boxes: Mapped[str] = mapped_column(Text, default="[]")
    """JSON, as those that are proposed; of an accepted object what is painted black."""
    deed: Mapped[str] = mapped_column(String(32))
    """The same for what was decided at once, and is undone at once."""
    reviewer_id: Mapped[str] = mapped_column(String(64))
    """The actor that looked at it."""
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the run did it, or gave the object back."""
