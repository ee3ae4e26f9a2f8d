"""What each frame of a multi-frame object says, and which part of a concatenation an object is.

Objects that are here already get their rows when `flask rebuild-pictures` has read their headers again; until then
their pages say that their frames have not been read.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "frame_facts",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("json_zlib", sa.LargeBinary(), nullable=False),
        sa.Column("concatenation_uid", sa.String(length=64), nullable=False),
        sa.Column("in_concatenation_number", sa.Integer(), nullable=True),
        sa.Column("concatenation_total", sa.Integer(), nullable=True),
        sa.Column("frame_offset", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"]),
        sa.PrimaryKeyConstraint("instance_id"),
    )
    op.create_index(
        "ix_frame_facts_concatenation",
        "frame_facts",
        ["concatenation_uid"],
        unique=False,
        sqlite_where=sa.text("concatenation_uid <> ''"),
        postgresql_where=sa.text("concatenation_uid <> ''"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_frame_facts_concatenation", table_name="frame_facts")
    op.drop_table("frame_facts")
