"""prints of imported invoices"""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoice_pdf",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("modified", sa.String(), nullable=False),
        sa.Column("fetched_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_invoice_pdf_company_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "invoice_id"], ["invoice.company_id", "invoice.id"],
            name=op.f("fk_invoice_pdf_company_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "invoice_id", name=op.f("pk_invoice_pdf")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("invoice_pdf")
