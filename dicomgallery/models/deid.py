"""The rows of de-identification: profiles, the runs that used them, and what became of each object."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dicomgallery.models.base import Base, UtcDateTime
from dicomgallery.models.tables import Key, Plain


class DeidProfile(Base):
    """One version of a profile; an edit makes the next one, so that what a run used can always be read."""

    __tablename__ = "deid_profile"
    __table_args__ = (UniqueConstraint("workspace_id", "name", "version"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str] = mapped_column(Plain)
    version: Mapped[int] = mapped_column(Integer)
    json: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[str] = mapped_column(String(64))
    """The actor that made this version."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeidRun(Base):
    """A selection that is de-identified under one profile; draft until somebody starts it."""

    __tablename__ = "deid_run"
    __table_args__ = (Index("ix_deid_run_owner", "owner_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    """Never used twice: reports name it."""
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    owner_id: Mapped[str] = mapped_column(String(64))
    """The actor that drafted it."""
    job_id: Mapped[int | None] = mapped_column(Key)
    """No foreign key: the row outlives its job."""
    count_job_id: Mapped[int | None] = mapped_column(Key)
    """Likewise; of the job that counts, while it is a draft, what would be changed."""
    state: Mapped[str] = mapped_column(String(10), default="draft")
    """draft, running, done or cancelled."""
    profile: Mapped[str] = mapped_column(Text)
    """As it was when the run began: JSON."""
    burned_in: Mapped[str] = mapped_column(String(12), default="quarantine")
    """quarantine, blank or keep."""
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipt.id"))
    """Of what it has made."""
    object_count: Mapped[int] = mapped_column(Integer, default=0)
    actions: Mapped[str] = mapped_column(Text, default="{}")
    """JSON: how many elements met each action."""
    forecast: Mapped[str] = mapped_column(Text, default="")
    """JSON: what a draft was counted to change; empty until that is asked for."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeidItem(Base):
    """One object of a run. It outlives source and result, whose row ids are never used twice: no foreign keys."""

    __tablename__ = "deid_item"
    __table_args__ = (
        Index("ix_deid_item_state", "run_id", "state", "number"),
        Index("ix_deid_item_result", "result_id"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("deid_run.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """Counted from 1, in the order of the selection."""
    source_id: Mapped[int] = mapped_column(Key)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    """waiting, done, quarantined, failed or skipped."""
    tries: Mapped[int] = mapped_column(Integer, default=0)
    """How often it was begun: what breaks the worker must not break it for ever."""
    reason: Mapped[str] = mapped_column(Text, default="")
    """In words that name nobody."""
    result_id: Mapped[int | None] = mapped_column(Key)
    sha256_before: Mapped[str] = mapped_column(String(64), default="")
    sha256_after: Mapped[str] = mapped_column(String(64), default="")
    changes: Mapped[int] = mapped_column(Integer, default=0)
    """Elements that are not as they were."""
    boxes: Mapped[int] = mapped_column(Integer, default=0)
    """Areas of its pixels that were painted black."""
    proof: Mapped[str] = mapped_column(Text, default="{}")
    """JSON for the report: its actions by number, the areas, and what the leak check found."""


class DeidReport(Base):
    """The signed report of a run that is done."""

    __tablename__ = "deid_report"

    run_id: Mapped[int] = mapped_column(ForeignKey("deid_run.id"), primary_key=True)
    json_zlib: Mapped[bytes] = mapped_column(LargeBinary)
