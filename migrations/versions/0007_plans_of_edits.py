"""What somebody wants changed in the elements of files, and what became of each file.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "edit_plan",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", key, nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("base_key", key, nullable=False),
        sa.Column("reach", sa.String(length=10), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("identity", sa.String(length=10), nullable=False),
        sa.Column("edits", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("job_id", key, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_edit_plan_owner", "edit_plan", ["owner_id", "id"], unique=False)
    op.create_table(
        "edit_line",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("plan_id", key, nullable=False),
        sa.Column("instance_key", key, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("result_key", key, nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["edit_plan.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_edit_line_state", "edit_line", ["plan_id", "state", "id"], unique=False)
    op.create_index("ix_edit_line_result_key", "edit_line", ["result_key"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_edit_line_result_key", table_name="edit_line")
    op.drop_index("ix_edit_line_state", table_name="edit_line")
    op.drop_table("edit_line")
    op.drop_index("ix_edit_plan_owner", table_name="edit_plan")
    op.drop_table("edit_plan")
