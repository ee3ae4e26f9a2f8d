"""Where a slice lies in the patient, for telling whether its stack leans.

Rows that are here already keep NULL: whether their stack leans is not judged until `flask rebuild-pictures` has
read their headers again.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("instance", sa.Column("position", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("instance", "position")
