"""how often a run was taken over: a count that does not fall when the run is handed back"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("run") as table:
        table.add_column(sa.Column("takeovers", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE run SET takeovers = claims - 1 WHERE claims > 1")
    op.drop_index("ix_run_figures", "run")
    op.create_index("ix_run_figures", "run", ["state", "kind", "started_at", "ended_at", "takeovers"])


def downgrade() -> None:
    op.drop_index("ix_run_figures", "run")
    with op.batch_alter_table("run") as table:
        table.drop_column("takeovers")
    op.create_index("ix_run_figures", "run", ["state", "kind", "started_at", "ended_at", "claims"])
