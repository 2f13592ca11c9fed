"""what a preview shows"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("run") as table:
        table.add_column(sa.Column("summary", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("run_item") as table:
        table.add_column(sa.Column("details", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    with op.batch_alter_table("run_item") as table:
        table.drop_column("details")
    with op.batch_alter_table("run") as table:
        table.drop_column("summary")
