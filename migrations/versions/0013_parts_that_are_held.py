"""an index of the few pairs that are held, so that a sync need not look through all"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    held = sa.text("hold <> ''")
    op.create_index("ix_pair_held", "pair", ["source_row_id"], sqlite_where=held, postgresql_where=held)


def downgrade() -> None:
    op.drop_index("ix_pair_held", "pair")
