"""posting on the first open day"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sync_row") as table:
        table.add_column(sa.Column("post_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sync_row") as table:
        table.drop_column("post_on")
