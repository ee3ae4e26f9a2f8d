"""The rows of the catalog: Patient - Study - Series - Instance, and what belongs to them.

A blob never changes, so neither does an instance row's account of it; an instance may
replace another, which then is no longer current. DICOM dates and times are text as the file
has them, with a sortable key beside them; our own clocks are aware UTC.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dicomgallery.models.base import Base, UtcDateTime

Key = BigInteger().with_variant(Integer, "sqlite")
Plain = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by its code points on every database, so that ranges of it are prefixes."""


class Workspace(Base):
    """A wall between groups of users; one exists from the first start."""

    __tablename__ = "workspace"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Patient(Base):
    """One patient: (Patient ID, issuer); an empty ID makes one patient a study."""

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("workspace_id", "patient_id", "issuer", "solo_study_uid"),
        Index("ix_patient_newest", "received_at", "id"),
        Index("ix_patient_name", "name_key", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), index=True)
    patient_id: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text, default="")
    solo_study_uid: Mapped[str] = mapped_column(Text, default="")
    """The study of a patient whose ID is empty, else empty."""
    name: Mapped[str] = mapped_column(Text, default="")
    name_key: Mapped[str] = mapped_column(Plain, default="")
    birth_date: Mapped[str] = mapped_column(Text, default="")
    sex: Mapped[str] = mapped_column(Text, default="")
    study_count: Mapped[int] = mapped_column(Integer, default=0)
    series_count: Mapped[int] = mapped_column(Integer, default=0)
    instance_count: Mapped[int] = mapped_column(Integer, default=0)
    """Counts are of what is current and not in the bin, on every level."""
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)

    studies: Mapped[list["Study"]] = relationship(back_populates="patient")


class Study(Base):
    """One study."""

    __tablename__ = "study"
    __table_args__ = (
        UniqueConstraint("workspace_id", "study_uid"),
        Index("ix_study_newest", "received_at", "id"),
        Index("ix_study_date", "date_key", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    patient_key: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), index=True)
    owner_id: Mapped[str] = mapped_column(String(64), index=True)
    """The actor that brought in its first instance."""
    study_uid: Mapped[str] = mapped_column(Text, index=True)
    study_id: Mapped[str] = mapped_column(Text, default="")
    date: Mapped[str] = mapped_column(Text, default="")
    time: Mapped[str] = mapped_column(Text, default="")
    date_key: Mapped[str] = mapped_column(String(8), default="")
    accession: Mapped[str] = mapped_column(Text, default="", index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    referring: Mapped[str] = mapped_column(Text, default="")
    institution: Mapped[str] = mapped_column(Text, default="")
    age: Mapped[str] = mapped_column(Text, default="")
    modalities: Mapped[str] = mapped_column(Text, default="")
    """Modalities in Study, separated by backslashes, in order of arrival."""
    patient_differs: Mapped[bool] = mapped_column(Boolean, default=False)
    """Its files disagree about the patient; the first one was kept."""
    pinned: Mapped[bool] = mapped_column(Boolean, default=False)
    series_count: Mapped[int] = mapped_column(Integer, default=0)
    instance_count: Mapped[int] = mapped_column(Integer, default=0)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)

    patient: Mapped[Patient] = relationship(back_populates="studies")
    series: Mapped[list["Series"]] = relationship(back_populates="study")


class Series(Base):
    """One series, with what the gallery's facets and sort orders need."""

    __tablename__ = "series"
    __table_args__ = (
        UniqueConstraint("study_key", "series_uid"),
        Index("ix_series_newest", "received_at", "id"),
        Index("ix_series_date", "date_key", "id"),
        Index("ix_series_name", "name_key", "id"),
        Index("ix_series_modality", "modality", "received_at", "id"),
        Index("ix_series_body_part", "body_part", "received_at", "id"),
        Index("ix_series_manufacturer", "manufacturer", "received_at", "id"),
        Index("ix_series_institution", "institution", "received_at", "id"),
        Index("ix_series_transfer_syntax", "transfer_syntax", "received_at", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    study_key: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), index=True)
    series_uid: Mapped[str] = mapped_column(Text, index=True)
    modality: Mapped[str] = mapped_column(Text, default="")
    number: Mapped[int | None] = mapped_column(BigInteger)
    description: Mapped[str] = mapped_column(Text, default="")
    body_part: Mapped[str] = mapped_column(Text, default="")
    laterality: Mapped[str] = mapped_column(Text, default="")
    protocol: Mapped[str] = mapped_column(Text, default="")
    manufacturer: Mapped[str] = mapped_column(Text, default="")
    model: Mapped[str] = mapped_column(Text, default="")
    station: Mapped[str] = mapped_column(Text, default="")
    institution: Mapped[str] = mapped_column(Text, default="")
    frame_of_reference_uid: Mapped[str] = mapped_column(Text, default="")
    date: Mapped[str] = mapped_column(Text, default="")
    time: Mapped[str] = mapped_column(Text, default="")
    date_key: Mapped[str] = mapped_column(String(8), default="")
    """The study's date where it has one, else the series's own; sorts and filters."""
    name_key: Mapped[str] = mapped_column(Plain, default="")
    """The patient's folded name, so that one index sorts series by it."""
    transfer_syntax: Mapped[str] = mapped_column(Text, default="")
    """Of its first instance."""
    deidentified: Mapped[str] = mapped_column(String(8), default="no")
    instance_count: Mapped[int] = mapped_column(Integer, default=0)
    frame_count: Mapped[int] = mapped_column(Integer, default=0)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    cover_id: Mapped[int | None] = mapped_column(Key)
    """The instance that stands for it: the middle one once its pictures are made."""
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)

    study: Mapped[Study] = relationship(back_populates="series")
    instances: Mapped[list["Instance"]] = relationship(back_populates="series")


class Instance(Base):
    """One object as received or made; its blob never changes, but it may replace another."""

    __tablename__ = "instance"
    __table_args__ = (
        Index(
            "uq_instance_current",
            "series_key",
            "sop_uid",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
        Index("ix_instance_blob", "blob_sha256"),
        Index("ix_instance_order", "series_key", "position_mm", "number", "id"),
        Index(
            "ix_instance_binned",
            "binned_at",
            sqlite_where=text("binned_at IS NOT NULL"),
            postgresql_where=text("binned_at IS NOT NULL"),
        ),
        Index(
            "ix_instance_unprepared",
            "id",
            sqlite_where=text("render_state = 'pending'"),
            postgresql_where=text("render_state = 'pending'"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    """Never used twice: links, cache keys and receipts name it."""
    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"))
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    sop_uid: Mapped[str] = mapped_column(Text, index=True)
    sop_class_uid: Mapped[str] = mapped_column(Text, default="")
    blob_sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    transfer_syntax: Mapped[str] = mapped_column(Text, default="")
    file_name: Mapped[str] = mapped_column(Text, default="")
    """As it was called when it first arrived; text, never a path."""
    label: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(16), default="image")
    number: Mapped[int | None] = mapped_column(BigInteger)
    acquisition_number: Mapped[int | None] = mapped_column(BigInteger)
    frames: Mapped[int] = mapped_column(Integer, default=0)
    rows: Mapped[int] = mapped_column(Integer, default=0)
    columns: Mapped[int] = mapped_column(Integer, default=0)
    samples: Mapped[int] = mapped_column(Integer, default=1)
    bits_allocated: Mapped[int] = mapped_column(Integer, default=0)
    bits_stored: Mapped[int] = mapped_column(Integer, default=0)
    photometric: Mapped[str] = mapped_column(Text, default="")
    image_type: Mapped[str] = mapped_column(Text, default="")
    content_date: Mapped[str] = mapped_column(Text, default="")
    content_time: Mapped[str] = mapped_column(Text, default="")
    position_mm: Mapped[float | None] = mapped_column(Float)
    """Along the normal of its plane (PS3.3 C.7.6.2)."""
    position: Mapped[str | None] = mapped_column(Text)
    """Image Position (Patient), joined by backslashes; empty without one, NULL where it has not been read yet."""
    orientation: Mapped[str] = mapped_column(Text, default="")
    spacing: Mapped[str] = mapped_column(Text, default="")
    has_pixels: Mapped[bool] = mapped_column(Boolean, default=False)
    headerless: Mapped[bool] = mapped_column(Boolean, default=False)
    """It came without the DICOM preamble, or without file meta information."""
    uids_made: Mapped[bool] = mapped_column(Boolean, default=False)
    """It lacked a UID, so the gallery derived one to file it under."""
    is_current: Mapped[bool] = mapped_column(Boolean, default=True)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"), index=True)
    binned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bin_deed_id: Mapped[int | None] = mapped_column(ForeignKey("bin_deed.id"), index=True)
    origin: Mapped[str] = mapped_column(String(16), default="")
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipt.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    render_state: Mapped[str] = mapped_column(String(8), default="pending")
    """pending, ready, failed (render_reason says why) or none (it has no pixels)."""
    render_reason: Mapped[str] = mapped_column(String(40), default="")
    render_detail: Mapped[str] = mapped_column(Text, default="")

    series: Mapped[Series] = relationship(back_populates="instances")


class Header(Base):
    """The header of an instance as DICOM JSON (PS3.18 F), compressed."""

    __tablename__ = "header"

    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True)
    json_zlib: Mapped[bytes] = mapped_column(LargeBinary)


class FrameFacts(Base):
    """What a multi-frame instance says of its frames, compressed JSON, and which part of a concatenation it is."""

    __tablename__ = "frame_facts"
    __table_args__ = (
        Index(
            "ix_frame_facts_concatenation",
            "concatenation_uid",
            sqlite_where=text("concatenation_uid <> ''"),
            postgresql_where=text("concatenation_uid <> ''"),
        ),
    )

    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True)
    json_zlib: Mapped[bytes] = mapped_column(LargeBinary)
    concatenation_uid: Mapped[str] = mapped_column(String(64), default="")
    """Empty for what is whole."""
    in_concatenation_number: Mapped[int | None] = mapped_column(Integer)
    concatenation_total: Mapped[int | None] = mapped_column(Integer)
    frame_offset: Mapped[int | None] = mapped_column(BigInteger)
    """How many frames of the concatenation come before its first."""


class Reference(Base):
    """An object that an instance speaks of, here or not."""

    __tablename__ = "reference"

    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True)
    to_uid: Mapped[str] = mapped_column(Text, primary_key=True, index=True)
    """Its SOP Instance UID."""


class Mark(Base):
    """What a person drew on an image: a measurement, a region, an arrow, a probe. It goes when its image goes."""

    __tablename__ = "mark"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_mark_instance", "instance_key", "frame", "id"),
        Index(
            "ix_mark_removed",
            "removed_at",
            sqlite_where=text("removed_at IS NOT NULL"),
            postgresql_where=text("removed_at IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    """Of its image."""
    key: Mapped[str] = mapped_column(String(36))
    """A UUID that whoever draws it mints, so that sending it twice makes one mark."""
    instance_key: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    frame: Mapped[int] = mapped_column(Integer, default=1)
    """Counted from 1."""
    kind: Mapped[str] = mapped_column(String(12))
    points: Mapped[str] = mapped_column(Text)
    """JSON, [[x, y], ...] in pixels of the image: (0, 0) is the center of its first pixel, x grows with the columns to
    the right and y with the rows downwards, so that the picture reaches from -0.5 to columns - 0.5."""
    text: Mapped[str] = mapped_column(Text, default="")
    figures: Mapped[str] = mapped_column(Text, default="{}")
    """JSON: what the tool measured, by name."""
    calibration: Mapped[str] = mapped_column(Text, default="")
    """Where its millimeters come from, in words."""
    size_bytes: Mapped[int] = mapped_column(Integer, default=0)
    """Of its points, figures and words."""
    owner_id: Mapped[str] = mapped_column(String(64))
    """The actor that made it."""
    owner_name: Mapped[str] = mapped_column(Text)
    """What that actor was called then."""
    version: Mapped[int] = mapped_column(Integer, default=1)
    """One more with each change."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """It can be brought back until it is swept."""


class SeriesText(Base):
    """The folded text a series is found by: names, IDs, descriptions, UIDs."""

    __tablename__ = "series_text"

    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class SeriesWord(Base):
    """One word of one attribute somewhere in a series, as keyword:word; under ~ what short words find."""

    __tablename__ = "series_word"
    __table_args__ = (Index("ix_series_word_series", "series_key"), {"sqlite_with_rowid": False})

    token: Mapped[str] = mapped_column(
        String(120).with_variant(String(120, collation="C"), "postgresql"), primary_key=True
    )
    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"), primary_key=True)


class FacetCount(Base):
    """How many visible series have a value; kept in step by whoever changes a series."""

    __tablename__ = "facet_count"

    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    facet: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)


class Collection(Base):
    """A named set of files; also what contract C calls a study."""

    __tablename__ = "collection"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str] = mapped_column(Plain)
    """NFC, case kept."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CollectionMember(Base):
    """A file name in a collection, and the instance it stands for."""

    __tablename__ = "collection_member"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"), primary_key=True)
    file_name: Mapped[str] = mapped_column(Plain, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CollectionSeries(Base):
    """How many visible files of a series a collection holds; kept by triggers, so it is always true."""

    __tablename__ = "collection_series"
    __table_args__ = (Index("ix_collection_series_series", "series_key"), {"sqlite_with_rowid": False})

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"), primary_key=True)
    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"), primary_key=True)
    members: Mapped[int] = mapped_column(Integer, default=0)


class Receipt(Base):
    """The account of one arrival, kept for ever."""

    __tablename__ = "receipt"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), index=True)
    actor_id: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(16))
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collection.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted: Mapped[int] = mapped_column(Integer, default=0)
    duplicates: Mapped[int] = mapped_column(Integer, default=0)
    rejected: Mapped[int] = mapped_column(Integer, default=0)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)


class ReceiptLine(Base):
    """What became of one file."""

    __tablename__ = "receipt_line"
    __table_args__ = (Index("ix_receipt_line", "receipt_id", "outcome", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"))
    name: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    outcome: Mapped[str] = mapped_column(String(12))
    """accepted, duplicate, restored or rejected."""
    reason: Mapped[str] = mapped_column(String(24), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    instance_id: Mapped[int | None] = mapped_column(Key)
    """No foreign key: the line outlives the instance."""


class BinDeed(Base):
    """One deletion, so that it can be undone as one."""

    __tablename__ = "bin_deed"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), index=True)
    actor_id: Mapped[str] = mapped_column(String(64))
    instance_count: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Job(Base):
    """A piece of later work; its row commits with the deed that asks for it."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_next", "state", "priority", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[str] = mapped_column(Text, default="{}")
    """JSON."""
    state: Mapped[str] = mapped_column(String(10), default="queued")
    """queued, running, done, failed or cancelled."""
    priority: Mapped[int] = mapped_column(Integer, default=5)
    """Lower goes first."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    worker: Mapped[str] = mapped_column(String(64), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    run_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Export(Base):
    """A file that somebody asked to have made of a series; the file itself is kept for a day."""

    __tablename__ = "export"
    __table_args__ = (Index("ix_export_owner", "owner_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    """Never used twice: the file is kept under it."""
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    owner_id: Mapped[str] = mapped_column(String(64))
    """The actor that asked for it."""
    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"), index=True)
    job_id: Mapped[int | None] = mapped_column(Key)
    """No foreign key: the row outlives the job that makes it."""
    kind: Mapped[str] = mapped_column(String(16))
    arguments: Mapped[str] = mapped_column(Text, default="{}")
    """JSON."""
    state: Mapped[str] = mapped_column(String(10), default="asked")
    """asked, ready, failed, cancelled or expired."""
    sentence: Mapped[str] = mapped_column(Text, default="")
    """Why there is no file."""
    remarks: Mapped[str] = mapped_column(Text, default="[]")
    """JSON: what there is to know of the file, in sentences."""
    file_name: Mapped[str] = mapped_column(String(80), default="")
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EditPlan(Base):
    """Changes of elements that somebody is gathering, or has had done."""

    __tablename__ = "edit_plan"
    __table_args__ = (Index("ix_edit_plan_owner", "owner_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    """Never used twice: new UIDs are derived from it."""
    key: Mapped[str] = mapped_column(String(32))
    """Random: what new UIDs are derived from tells nobody of the plan."""
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    owner_id: Mapped[str] = mapped_column(String(64))
    """The actor that makes it."""
    base_key: Mapped[int] = mapped_column(Key)
    """The instance whose elements the form shows. No foreign key: the plan outlives it."""
    reach: Mapped[str] = mapped_column(String(10))
    """instance, series, study, patient, selection or table."""
    selection: Mapped[str] = mapped_column(Text, default="{}")
    """JSON: what was selected, or searched for."""
    identity: Mapped[str] = mapped_column(String(10), default="instance")
    """Which UIDs are new: of the instance, its series too, or its study too."""
    edits: Mapped[str] = mapped_column(Text, default="[]")
    """JSON; of a table, what changes in which image."""
    state: Mapped[str] = mapped_column(String(10), default="draft")
    """draft, asked or done."""
    job_id: Mapped[int | None] = mapped_column(Key)
    """No foreign key: the row outlives the job that does it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Also the moment that new files say they were changed."""
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EditLine(Base):
    """One instance of a plan, and what became of it."""

    __tablename__ = "edit_line"
    __table_args__ = (Index("ix_edit_line_state", "plan_id", "state", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("edit_plan.id"))
    instance_key: Mapped[int] = mapped_column(Key)
    """No foreign key: the line outlives the instance."""
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, done, unchanged or failed."""
    result_key: Mapped[int | None] = mapped_column(Key, index=True)
    """The instance that was made of it."""
    sentence: Mapped[str] = mapped_column(Text, default="")
    """Why there is none, or what was left out."""


class AuditEvent(Base):
    """What was done, by whom, to which rows; never a name or a value."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(40), index=True)
    subject: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[str] = mapped_column(Text, default="{}")
    """JSON of counts and row ids."""


class Change(Base):
    """A series came, went or got its pictures; live pages ask for what is new."""

    __tablename__ = "change"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    series_key: Mapped[int] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(String(10))
    """added, removed or pictured."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
