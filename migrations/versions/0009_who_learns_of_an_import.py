"""who learns of an import's end, and how"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TO_TELL = "kind IN ('import_customers', 'import_invoices') AND told_at IS NULL AND user_id IS NOT NULL"


def upgrade() -> None:
    op.add_column("run", sa.Column("watched_at", UtcTime(), nullable=True))
    op.add_column("run", sa.Column("told_at", UtcTime(), nullable=True))
    where = sa.text(TO_TELL)
    op.create_index("ix_run_to_tell", "run", ["id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_run_to_tell", table_name="run")
    op.drop_column("run", "told_at")
    op.drop_column("run", "watched_at")
