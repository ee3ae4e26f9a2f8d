"""De-identification: profiles in versions, runs, what became of each object, and signed reports.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    plain = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "deid_profile",
        sa.Column("id", key, nullable=False),
        sa.Column("workspace_id", key, nullable=False),
        sa.Column("name", plain, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("json", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", "version"),
    )
    op.create_table(
        "deid_run",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("workspace_id", key, nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("job_id", key, nullable=True),
        sa.Column("count_job_id", key, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("burned_in", sa.String(length=12), nullable=False),
        sa.Column("receipt_id", key, nullable=True),
        sa.Column("object_count", sa.Integer(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("forecast", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"]),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deid_run_owner", "deid_run", ["owner_id", "id"], unique=False)
    op.create_table(
        "deid_item",
        sa.Column("run_id", key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source_id", key, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("result_id", key, nullable=True),
        sa.Column("sha256_before", sa.String(length=64), nullable=False),
        sa.Column("sha256_after", sa.String(length=64), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("boxes", sa.Integer(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["deid_run.id"]),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
    op.create_index("ix_deid_item_state", "deid_item", ["run_id", "state", "number"], unique=False)
    op.create_index("ix_deid_item_result", "deid_item", ["result_id"], unique=False)
    op.create_table(
        "deid_report",
        sa.Column("run_id", key, nullable=False),
        sa.Column("json_zlib", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["deid_run.id"]),
        sa.PrimaryKeyConstraint("run_id"),
    )


def downgrade() -> None:
    """Drop them, and every report with them."""
    op.drop_table("deid_report")
    op.drop_index("ix_deid_item_result", table_name="deid_item")
    op.drop_index("ix_deid_item_state", table_name="deid_item")
    op.drop_table("deid_item")
    op.drop_index("ix_deid_run_owner", table_name="deid_run")
    op.drop_table("deid_run")
    op.drop_table("deid_profile")
