"""The files that somebody asks to have made of a series: what they asked for, and what became of it.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "export",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("workspace_id", key, nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("series_key", key, nullable=False),
        sa.Column("job_id", key, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("file_name", sa.String(length=80), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["series_key"], ["series.id"]),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_export_owner", "export", ["owner_id", "id"], unique=False)
    op.create_index("ix_export_series_key", "export", ["series_key"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_export_series_key", table_name="export")
    op.drop_index("ix_export_owner", table_name="export")
    op.drop_table("export")
