"""support address of a company"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("company", sa.Column("support_email", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("company", "support_email")
