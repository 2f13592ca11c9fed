"""notes on problems, and mails about syncs"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "problem_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_problem_note_problem_id_problem")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_note")),
    )
    op.create_index("ix_problem_note_problem_id", "problem_note", ["problem_id", "id"])
    op.create_table(
        "sync_digest",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("last_problem_id", sa.Integer(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_sync_digest_book_id_book")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_sync_digest_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_sync_digest")),
    )
    op.create_index("ix_sync_digest_book_id", "sync_digest", ["book_id", "run_id"])
    with op.batch_alter_table("membership") as table:
        table.add_column(sa.Column("sync_mail", sa.String(), nullable=False, server_default="problems"))
        table.create_check_constraint("ck_membership_sync_mail_known", "sync_mail IN ('always', 'problems', 'never')")


def downgrade() -> None:
    with op.batch_alter_table("membership") as table:
        table.drop_constraint("ck_membership_sync_mail_known", type_="check")
        table.drop_column("sync_mail")
    op.drop_table("sync_digest")
    op.drop_table("problem_note")
