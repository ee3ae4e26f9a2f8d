"""The catalog.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from dicomgallery.models import UtcDateTime

PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# revision identifiers, used by Alembic.
revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_event"), ["event"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("run_after", UtcDateTime(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_next", ["state", "priority", "id"], unique=False)

    op.create_table(
        "workspace",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "bin_deed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("bin_deed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bin_deed_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("series_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "collection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "facet_count",
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("facet", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "facet", "value"),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("solo_study_uid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", PLAIN, nullable=False),
        sa.Column("birth_date", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("study_count", sa.Integer(), nullable=False),
        sa.Column("series_count", sa.Integer(), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "patient_id", "issuer", "solo_study_uid"),
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.create_index("ix_patient_name", ["name_key", "id"], unique=False)
        batch_op.create_index("ix_patient_newest", ["received_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_patient_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "study",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("study_id", sa.Text(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("date_key", sa.String(length=8), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("referring", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("age", sa.Text(), nullable=False),
        sa.Column("modalities", sa.Text(), nullable=False),
        sa.Column("patient_differs", sa.Boolean(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("series_count", sa.Integer(), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_key"],
            ["patient.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "study_uid"),
    )
    with op.batch_alter_table("study", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_study_accession"), ["accession"], unique=False)
        batch_op.create_index("ix_study_date", ["date_key", "id"], unique=False)
        batch_op.create_index("ix_study_newest", ["received_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_study_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_study_patient_key"), ["patient_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_study_study_uid"), ["study_uid"], unique=False)
        batch_op.create_index(batch_op.f("ix_study_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "receipt_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receipt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["receipt_id"],
            ["receipt.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.create_index("ix_receipt_line", ["receipt_id", "outcome", "id"], unique=False)

    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("study_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("series_uid", sa.Text(), nullable=False),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("body_part", sa.Text(), nullable=False),
        sa.Column("laterality", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("manufacturer", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("frame_of_reference_uid", sa.Text(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("date_key", sa.String(length=8), nullable=False),
        sa.Column("name_key", PLAIN, nullable=False),
        sa.Column("transfer_syntax", sa.Text(), nullable=False),
        sa.Column("deidentified", sa.String(length=8), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("cover_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_key"],
            ["study.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("study_key", "series_uid"),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index("ix_series_date", ["date_key", "id"], unique=False)
        batch_op.create_index("ix_series_modality", ["modality", "received_at", "id"], unique=False)
        for column in ("body_part", "manufacturer", "institution", "transfer_syntax"):
            batch_op.create_index(f"ix_series_{column}", [column, "received_at", "id"], unique=False)
        batch_op.create_index("ix_series_name", ["name_key", "id"], unique=False)
        batch_op.create_index("ix_series_newest", ["received_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_series_series_uid"), ["series_uid"], unique=False)
        batch_op.create_index(batch_op.f("ix_series_study_key"), ["study_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_series_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "instance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("series_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sop_uid", sa.Text(), nullable=False),
        sa.Column("sop_class_uid", sa.Text(), nullable=False),
        sa.Column("blob_sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("transfer_syntax", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("acquisition_number", sa.BigInteger(), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("bits_allocated", sa.Integer(), nullable=False),
        sa.Column("bits_stored", sa.Integer(), nullable=False),
        sa.Column("photometric", sa.Text(), nullable=False),
        sa.Column("image_type", sa.Text(), nullable=False),
        sa.Column("content_date", sa.Text(), nullable=False),
        sa.Column("content_time", sa.Text(), nullable=False),
        sa.Column("position_mm", sa.Float(), nullable=True),
        sa.Column("orientation", sa.Text(), nullable=False),
        sa.Column("spacing", sa.Text(), nullable=False),
        sa.Column("has_pixels", sa.Boolean(), nullable=False),
        sa.Column("headerless", sa.Boolean(), nullable=False),
        sa.Column("uids_made", sa.Boolean(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("replaces_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("binned_at", UtcDateTime(), nullable=True),
        sa.Column("bin_deed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("receipt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("render_state", sa.String(length=8), nullable=False),
        sa.Column("render_reason", sa.String(length=40), nullable=False),
        sa.Column("render_detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bin_deed_id"],
            ["bin_deed.id"],
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"],
            ["receipt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["instance.id"],
        ),
        sa.ForeignKeyConstraint(
            ["series_key"],
            ["series.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instance_bin_deed_id"), ["bin_deed_id"], unique=False)
        batch_op.create_index(
            "ix_instance_binned",
            ["binned_at"],
            unique=False,
            sqlite_where=sa.text("binned_at IS NOT NULL"),
            postgresql_where=sa.text("binned_at IS NOT NULL"),
        )
        batch_op.create_index("ix_instance_blob", ["blob_sha256"], unique=False)
        batch_op.create_index("ix_instance_order", ["series_key", "position_mm", "number", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_instance_replaces_id"), ["replaces_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_instance_sop_uid"), ["sop_uid"], unique=False)
        batch_op.create_index(
            "ix_instance_unprepared",
            ["id"],
            unique=False,
            sqlite_where=sa.text("render_state = 'pending'"),
            postgresql_where=sa.text("render_state = 'pending'"),
        )
        batch_op.create_index(
            "uq_instance_current",
            ["series_key", "sop_uid"],
            unique=True,
            sqlite_where=sa.text("is_current"),
            postgresql_where=sa.text("is_current"),
        )

    op.create_table(
        "series_text",
        sa.Column("series_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_key"],
            ["series.id"],
        ),
        sa.PrimaryKeyConstraint("series_key"),
    )
    op.create_table(
        "series_word",
        sa.Column("token", sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql"), nullable=False),
        sa.Column("series_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_key"],
            ["series.id"],
        ),
        sa.PrimaryKeyConstraint("token", "series_key"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("series_word", schema=None) as batch_op:
        batch_op.create_index("ix_series_word_series", ["series_key"], unique=False)

    op.create_table(
        "collection_member",
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_name", PLAIN, nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["instance.id"],
        ),
        sa.PrimaryKeyConstraint("collection_id", "file_name"),
    )
    with op.batch_alter_table("collection_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collection_member_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "collection_series",
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("series_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["series_key"],
            ["series.id"],
        ),
        sa.PrimaryKeyConstraint("collection_id", "series_key"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("collection_series", schema=None) as batch_op:
        batch_op.create_index("ix_collection_series_series", ["series_key"], unique=False)

    op.create_table(
        "header",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("json_zlib", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["instance.id"],
        ),
        sa.PrimaryKeyConstraint("instance_id"),
    )
    _text_index()
    _collection_series()
    op.execute("INSERT INTO workspace (id, name, created_at) VALUES (1, 'Home', CURRENT_TIMESTAMP)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval('workspace_id_seq', 1)")


def _text_index() -> None:
    """Find series by any three letters in a row: FTS5 trigram, or pg_trgm."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.execute("CREATE INDEX ix_series_text_trigram ON series_text USING gin (text gin_trgm_ops)")
        return
    op.execute(
        "CREATE VIRTUAL TABLE series_trigram USING fts5("
        "text, content='series_text', content_rowid='series_key', tokenize='trigram case_sensitive 1')"
    )
    add = "INSERT INTO series_trigram (rowid, text) VALUES (new.series_key, new.text);"
    drop = "INSERT INTO series_trigram (series_trigram, rowid, text) VALUES ('delete', old.series_key, old.text);"
    op.execute(f"CREATE TRIGGER series_text_added AFTER INSERT ON series_text BEGIN {add} END")
    op.execute(f"CREATE TRIGGER series_text_removed AFTER DELETE ON series_text BEGIN {drop} END")
    op.execute(f"CREATE TRIGGER series_text_changed AFTER UPDATE ON series_text BEGIN {drop} {add} END")


_ENTER = """
    INSERT INTO collection_series (collection_id, series_key, members)
    SELECT new.collection_id, i.series_key, 1 FROM instance i
    WHERE i.id = new.instance_id AND i.is_current AND i.binned_at IS NULL
    ON CONFLICT (collection_id, series_key) DO UPDATE SET members = collection_series.members + 1;"""
_LEAVE = """
    UPDATE collection_series SET members = members - 1
    WHERE collection_id = old.collection_id AND series_key IN
    (SELECT i.series_key FROM instance i WHERE i.id = old.instance_id AND i.is_current AND i.binned_at IS NULL);
    DELETE FROM collection_series WHERE collection_id = old.collection_id AND members < 1 AND series_key IN
    (SELECT i.series_key FROM instance i WHERE i.id = old.instance_id);"""
_SHOW = """
    INSERT INTO collection_series (collection_id, series_key, members)
    SELECT m.collection_id, new.series_key, count(*) FROM collection_member m
    WHERE m.instance_id = new.id GROUP BY m.collection_id
    ON CONFLICT (collection_id, series_key)
    DO UPDATE SET members = collection_series.members + excluded.members;"""
_HIDE = """
    UPDATE collection_series SET members = members -
    (SELECT count(*) FROM collection_member m
     WHERE m.instance_id = old.id AND m.collection_id = collection_series.collection_id)
    WHERE series_key = old.series_key;
    DELETE FROM collection_series WHERE series_key = old.series_key AND members < 1;"""
_TRIGGERS = (
    ("member_entered", "INSERT ON collection_member", "", _ENTER),
    ("member_left", "DELETE ON collection_member", "", _LEAVE),
    ("member_moved", "UPDATE OF instance_id ON collection_member", "", _LEAVE + _ENTER),
    (
        "instance_shown",
        "UPDATE OF is_current, binned_at ON instance",
        "WHEN ((new.is_current AND new.binned_at IS NULL) AND NOT (old.is_current AND old.binned_at IS NULL))",
        _SHOW,
    ),
    (
        "instance_hidden",
        "UPDATE OF is_current, binned_at ON instance",
        "WHEN ((old.is_current AND old.binned_at IS NULL) AND NOT (new.is_current AND new.binned_at IS NULL))",
        _HIDE,
    ),
)


def _collection_series() -> None:
    """Keep the visible files a collection has of each series counted, whoever changes either."""
    for name, event, condition, deed in _TRIGGERS:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {deed} RETURN NULL; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} AFTER {event} FOR EACH ROW {condition} EXECUTE FUNCTION {name}()")
        else:
            op.execute(f"CREATE TRIGGER {name} AFTER {event} {condition} BEGIN {deed} END")


def downgrade() -> None:
    """Take the tables away."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE series_trigram")
    for name, event, _, _ in _TRIGGERS:
        op.execute(
            f"DROP TRIGGER {name}" + (f" ON {event.split()[-1]}" if op.get_bind().dialect.name == "postgresql" else "")
        )
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("header")
    with op.batch_alter_table("collection_series", schema=None) as batch_op:
        batch_op.drop_index("ix_collection_series_series")

    op.drop_table("collection_series")
    with op.batch_alter_table("collection_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_collection_member_instance_id"))

    op.drop_table("collection_member")
    with op.batch_alter_table("series_word", schema=None) as batch_op:
        batch_op.drop_index("ix_series_word_series")

    op.drop_table("series_word")
    op.drop_table("series_text")
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_instance_current", sqlite_where=sa.text("is_current"), postgresql_where=sa.text("is_current")
        )
        batch_op.drop_index(
            "ix_instance_unprepared",
            sqlite_where=sa.text("render_state = 'pending'"),
            postgresql_where=sa.text("render_state = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_instance_sop_uid"))
        batch_op.drop_index(batch_op.f("ix_instance_replaces_id"))
        batch_op.drop_index("ix_instance_order")
        batch_op.drop_index("ix_instance_blob")
        batch_op.drop_index(
            "ix_instance_binned",
            sqlite_where=sa.text("binned_at IS NOT NULL"),
            postgresql_where=sa.text("binned_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_instance_bin_deed_id"))

    op.drop_table("instance")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_workspace_id"))
        batch_op.drop_index(batch_op.f("ix_series_study_key"))
        batch_op.drop_index(batch_op.f("ix_series_series_uid"))
        batch_op.drop_index("ix_series_newest")
        batch_op.drop_index("ix_series_name")
        for column in ("body_part", "manufacturer", "institution", "transfer_syntax"):
            batch_op.drop_index(f"ix_series_{column}")
        batch_op.drop_index("ix_series_modality")
        batch_op.drop_index("ix_series_date")

    op.drop_table("series")
    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.drop_index("ix_receipt_line")

    op.drop_table("receipt_line")
    with op.batch_alter_table("study", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_study_workspace_id"))
        batch_op.drop_index(batch_op.f("ix_study_study_uid"))
        batch_op.drop_index(batch_op.f("ix_study_patient_key"))
        batch_op.drop_index(batch_op.f("ix_study_owner_id"))
        batch_op.drop_index("ix_study_newest")
        batch_op.drop_index("ix_study_date")
        batch_op.drop_index(batch_op.f("ix_study_accession"))

    op.drop_table("study")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipt_workspace_id"))

    op.drop_table("receipt")
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_workspace_id"))
        batch_op.drop_index("ix_patient_newest")
        batch_op.drop_index("ix_patient_name")

    op.drop_table("patient")
    op.drop_table("facet_count")
    op.drop_table("collection")
    op.drop_table("change")
    with op.batch_alter_table("bin_deed", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bin_deed_workspace_id"))

    op.drop_table("bin_deed")
    op.drop_table("workspace")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_next")

    op.drop_table("job")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_event"))
        batch_op.drop_index(batch_op.f("ix_audit_event_at"))

    op.drop_table("audit_event")
