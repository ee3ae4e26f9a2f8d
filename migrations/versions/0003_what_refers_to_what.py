"""What refers to what: which objects a presentation state, a report or a segmentation speaks of.

Objects that are here already are not told of as referring to others until `flask rebuild-pictures` has read their
headers again.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "reference",
        sa.Column("instance_id", key, sa.ForeignKey("instance.id"), nullable=False),
        sa.Column("to_uid", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "to_uid"),
    )
    op.create_index("ix_reference_to_uid", "reference", ["to_uid"])


def downgrade() -> None:
    """Take it away."""
    op.drop_table("reference")
