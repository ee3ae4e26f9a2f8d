"""The review of burned-in text: what is proposed for each object that waits, and what was decided.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "deid_review",
        sa.Column("run_id", key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("searched", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["deid_run.id"]),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
    op.create_index("ix_deid_review_state", "deid_review", ["run_id", "state", "number"], unique=False)
    op.create_index("ix_deid_review_kind", "deid_review", ["run_id", "kind"], unique=False)
    op.create_table(
        "deid_decision",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("run_id", key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("boxes", sa.Text(), nullable=False),
        sa.Column("deed", sa.String(length=32), nullable=False),
        sa.Column("reviewer_id", sa.String(length=64), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["deid_run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deid_decision_item", "deid_decision", ["run_id", "number", "id"], unique=False)


def downgrade() -> None:
    """Drop them: what waits is then set apart for good."""
    op.drop_index("ix_deid_decision_item", table_name="deid_decision")
    op.drop_table("deid_decision")
    op.drop_index("ix_deid_review_kind", table_name="deid_review")
    op.drop_index("ix_deid_review_state", table_name="deid_review")
    op.drop_table("deid_review")
