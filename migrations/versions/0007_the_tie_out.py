"""the tie-out"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tie_out_alert",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("mails", sa.Boolean(), nullable=False),
        sa.Column("limit_amount", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_tie_out_alert_company_id"),
        sa.PrimaryKeyConstraint("company_id", name="pk_tie_out_alert"),
    )
    op.create_table(
        "tie_out",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("unread", sa.JSON(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name="fk_tie_out_book_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_tie_out_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tie_out"),
        sa.UniqueConstraint("run_id", name="uq_tie_out_run_id"),
    )
    op.create_index("ix_tie_out_book_id_finished_id", "tie_out", ["book_id", "finished", "id"])
    op.create_table(
        "tie_out_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("here", sa.BigInteger(), nullable=False),
        sa.Column("there", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("unexplained", sa.BigInteger(), nullable=False),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name="fk_tie_out_day_book_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_tie_out_day_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tie_out_day"),
        sa.UniqueConstraint("book_id", "day", "currency", name="uq_tie_out_day_book_id_day_currency"),
    )
    op.create_table(
        "tie_out_customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tie_out_id", sa.Integer(), nullable=False),
        sa.Column("customer_key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("here", sa.BigInteger(), nullable=False),
        sa.Column("there", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tie_out_id"], ["tie_out.id"], name="fk_tie_out_customer_tie_out_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tie_out_customer"),
    )
    op.create_index("ix_tie_out_customer_tie_out_id_size_id", "tie_out_customer", ["tie_out_id", "size", "id"])
    op.create_table(
        "tie_out_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tie_out_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("sync_row_id", sa.Integer(), nullable=True),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_there", sa.String(), nullable=False),
        sa.Column("customer_key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("customer_name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("date_there", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("due_date_there", sa.Date(), nullable=True),
        sa.Column("is_here", sa.Boolean(), nullable=False),
        sa.Column("is_there", sa.Boolean(), nullable=False),
        sa.Column("here_total", sa.BigInteger(), nullable=False),
        sa.Column("here_due", sa.BigInteger(), nullable=False),
        sa.Column("there_total", sa.BigInteger(), nullable=False),
        sa.Column("there_due", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("unexplained", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tie_out_id"], ["tie_out.id"], name="fk_tie_out_document_tie_out_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tie_out_document"),
    )
    op.create_index("ix_tie_out_document_tie_out_id_cause_id", "tie_out_document", ["tie_out_id", "cause", "id"])
    op.create_index(
        "ix_tie_out_document_tie_out_id_customer_key_id", "tie_out_document", ["tie_out_id", "customer_key", "id"]
    )
    op.create_index(
        "ix_tie_out_document_tie_out_id_kind_record_id", "tie_out_document", ["tie_out_id", "kind", "record_id"]
    )
    op.create_table(
        "tie_out_moved",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tie_out_id", sa.Integer(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tie_out_id"], ["tie_out.id"], name="fk_tie_out_moved_tie_out_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tie_out_moved"),
    )
    op.create_index("ix_tie_out_moved_tie_out_id_object_key", "tie_out_moved", ["tie_out_id", "object", "key"])


def downgrade() -> None:
    op.drop_index("ix_tie_out_moved_tie_out_id_object_key", "tie_out_moved")
    op.drop_table("tie_out_moved")
    op.drop_index("ix_tie_out_document_tie_out_id_kind_record_id", "tie_out_document")
    op.drop_index("ix_tie_out_document_tie_out_id_customer_key_id", "tie_out_document")
    op.drop_index("ix_tie_out_document_tie_out_id_cause_id", "tie_out_document")
    op.drop_table("tie_out_document")
    op.drop_index("ix_tie_out_customer_tie_out_id_size_id", "tie_out_customer")
    op.drop_table("tie_out_customer")
    op.drop_table("tie_out_day")
    op.drop_index("ix_tie_out_book_id_finished_id", "tie_out")
    op.drop_table("tie_out")
    op.drop_table("tie_out_alert")
