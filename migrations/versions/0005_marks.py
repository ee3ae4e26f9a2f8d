"""Marks: what people draw on images, and measure with it.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from dicomgallery.models import UtcDateTime

# revision identifiers, used by Alembic.
revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "mark",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("workspace_id", key, nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("instance_key", key, nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("calibration", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["instance_key"], ["instance.id"]),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mark_instance", "mark", ["instance_key", "frame", "id"], unique=False)
    op.create_index(
        "ix_mark_removed",
        "mark",
        ["removed_at"],
        unique=False,
        sqlite_where=sa.text("removed_at IS NOT NULL"),
        postgresql_where=sa.text("removed_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it, and every mark with it."""
    op.drop_index("ix_mark_removed", table_name="mark")
    op.drop_index("ix_mark_instance", table_name="mark")
    op.drop_table("mark")
