"""lists by index, kept sums filled"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_START = {"number_key": "text_pattern_ops"}
_LOWERED = {"lowered": "text_pattern_ops"}
_PAYMENT_LEFT = "CASE WHEN voided_at IS NULL THEN amount - applied ELSE 0 END"
_CREDIT_LEFT = "CASE WHEN voided_at IS NULL AND NOT draft THEN total - applied ELSE 0 END"
_DRAFT_TOO = "CASE WHEN voided_at IS NOT NULL THEN 'voided' WHEN draft THEN 'draft' ELSE 'live' END"
_PLAIN = (
    ("audit_entry", "company_id_id", ["company_id", "id"]),
    ("invoice", "company_id_due_date_id", ["company_id", "due_date", "id"]),
    ("invoice", "company_id_total_id", ["company_id", "total", "id"]),
    ("invoice", "company_id_balance_id", ["company_id", "balance", "id"]),
    ("payment", "company_id_amount_id", ["company_id", "amount", "id"]),
    ("payment", "balance", ["company_id", sa.text(f"({_PAYMENT_LEFT})"), "id"]),
    ("credit_note", "company_id_total_id", ["company_id", "total", "id"]),
    ("credit_note", "balance", ["company_id", sa.text(f"({_CREDIT_LEFT})"), "id"]),
)
_SUMS = (
    ("invoice", _DRAFT_TOO, "total", "balance"),
    ("payment", "CASE WHEN voided_at IS NOT NULL THEN 'voided' ELSE 'live' END", "amount", _PAYMENT_LEFT),
    ("credit_note", _DRAFT_TOO, "total", _CREDIT_LEFT),
)


def upgrade() -> None:
    for table, name, columns in _PLAIN:
        op.create_index(f"ix_{table}_{name}", table, columns)
    for table in ("invoice", "payment", "credit_note"):
        op.create_index(f"ix_{table}_number_start", table, ["company_id", "number_key"], postgresql_ops=_START)
    for table, column in (("invoice", "purchase_order"), ("payment", "reference")):
        lowered = sa.func.lower(sa.literal_column(column)).label("lowered")
        op.create_index(f"ix_{table}_{column}_start", table, ["company_id", lowered], postgresql_ops=_LOWERED)
    op.create_index(
        "ix_invoice_owing",
        "invoice",
        ["company_id", "currency", "due_date", "balance"],
        sqlite_where=sa.text("balance > 0 AND draft = 0"),
        postgresql_where=sa.text("balance > 0 AND NOT draft"),
    )
    op.execute("DELETE FROM book_sum")
    for table, bucket, total, balance in _SUMS:
        op.execute(
            "INSERT INTO book_sum (company_id, kind, currency, bucket, count, total, balance)"
            f" SELECT company_id, '{table}', currency, {bucket}, COUNT(*), SUM({total}), SUM({balance})"
            f" FROM {table} GROUP BY company_id, currency, {bucket}"
        )


def downgrade() -> None:
    op.execute("DELETE FROM book_sum")
    op.drop_index("ix_invoice_owing", "invoice")
    for table, column in (("invoice", "purchase_order"), ("payment", "reference")):
        op.drop_index(f"ix_{table}_{column}_start", table)
    for table in ("invoice", "payment", "credit_note"):
        op.drop_index(f"ix_{table}_number_start", table)
    for table, name, _ in reversed(_PLAIN):
        op.drop_index(f"ix_{table}_{name}", table)
