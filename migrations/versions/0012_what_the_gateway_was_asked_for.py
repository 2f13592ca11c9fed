"""what the gateway was asked for, and indexes for figures of the whole install"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UNPOSTED = sa.text("state <> 'posted'")


def upgrade() -> None:
    op.create_table(
        "gateway_usage",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("functions", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_gateway_usage_company_id")),
        sa.PrimaryKeyConstraint("company_id", "day", "purpose", name=op.f("pk_gateway_usage")),
    )
    op.create_table(
        "gateway_failure",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_gateway_failure_company_id")),
        sa.PrimaryKeyConstraint("company_id", "day", "error", name=op.f("pk_gateway_failure")),
    )
    op.create_index("ix_run_figures", "run", ["state", "kind", "started_at", "ended_at", "claims"])
    op.create_index(
        "ix_posting_unposted", "posting", ["state", "sent_at"], sqlite_where=UNPOSTED, postgresql_where=UNPOSTED
    )


def downgrade() -> None:
    op.drop_index("ix_posting_unposted", "posting")
    op.drop_index("ix_run_figures", "run")
    op.drop_table("gateway_failure")
    op.drop_table("gateway_usage")
