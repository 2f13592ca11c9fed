"""places at an Intacct company, so that no more than two requests are there at once"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_slot",
        sa.Column("intacct_company_id", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("intacct_company_id", "slot", name=op.f("pk_gateway_slot")),
    )


def downgrade() -> None:
    op.drop_table("gateway_slot")
