"""the book and the sync"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Nobody changes or deletes an audit row, not even the portal.
_AUDIT_IS_FOREVER = {
    "sqlite": (
        "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END",
        "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_entry_is_forever() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'audit entries are never changed or deleted'; END $$",
        "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION audit_entry_is_forever()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("base_currency", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("slug", name=op.f("uq_company_slug")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_audit_entry_company_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_audit_entry_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_entry_company_id_subject_subject_id_id"),
            ["company_id", "subject", "subject_id", "id"],
            unique=False,
        )

    op.create_table(
        "book",
        sa.Column("intacct_company_id", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("next_sync_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_book_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_book_company_id_id")),
        sa.UniqueConstraint("company_id", "intacct_company_id", name=op.f("uq_book_company_id_intacct_company_id")),
    )
    with op.batch_alter_table("book", schema=None) as batch_op:
        batch_op.create_index(
            "uq_book_company_active",
            ["company_id"],
            unique=True,
            sqlite_where=sa.text("active"),
            postgresql_where=sa.text("active"),
        )

    op.create_table(
        "customer",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("address1", sa.String(), nullable=False),
        sa.Column("address2", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("postal_code", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("payment_terms", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin IN ('portal', 'intacct')", name=op.f("ck_customer_origin_known")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_customer_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_customer_company_id_id")),
        sa.UniqueConstraint("company_id", "number_key", name=op.f("uq_customer_company_id_number_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_customer_uuid")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_company_id_name_key_id"), ["company_id", "name_key", "id"], unique=False
        )

    op.create_table(
        "integration_settings",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_integration_settings_company_id")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_integration_settings")),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'accountant', 'admin')", name=op.f("ck_membership_role_known")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_membership_company_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_membership_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("company_id", "user_id", name=op.f("uq_membership_company_id_user_id")),
    )
    op.create_table(
        "number_series",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("next_value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_number_series_company_id")),
        sa.PrimaryKeyConstraint("company_id", "kind", name=op.f("pk_number_series")),
    )
    op.create_table(
        "connection",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("intacct_user_id", sa.String(), nullable=False),
        sa.Column("password_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("session_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("base_currency", sa.String(), nullable=False),
        sa.Column("multi_currency", sa.Boolean(), nullable=False),
        sa.Column("time_offset", sa.String(), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "book_id"], ["book.company_id", "book.id"], name=op.f("fk_connection_company_id_book_id")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_connection_company_id")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_connection")),
    )
    op.create_table(
        "cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("document_type", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pass_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_recordno", sa.Integer(), nullable=False),
        sa.Column("rows_last_pass", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_cursor_book_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cursor")),
        sa.UniqueConstraint("book_id", "object", "document_type", name=op.f("uq_cursor_book_id_object_document_type")),
    )
    op.create_table(
        "intacct_customer",
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("recordno", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_intacct_customer_book_id")),
        sa.PrimaryKeyConstraint("book_id", "recordno", name=op.f("pk_intacct_customer")),
    )
    with op.batch_alter_table("intacct_customer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_intacct_customer_book_id_customer_id"), ["book_id", "customer_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_intacct_customer_book_id_name_key"), ["book_id", "name_key"], unique=False)

    op.create_table(
        "intacct_list",
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("refused", sa.String(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_intacct_list_book_id")),
        sa.PrimaryKeyConstraint("book_id", "kind", name=op.f("pk_intacct_list")),
    )
    op.create_table(
        "invoice",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_key", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("purchase_order", sa.String(), nullable=False),
        sa.Column("payment_terms", sa.String(), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin IN ('portal', 'intacct')", name=op.f("ck_invoice_origin_known")),
        sa.CheckConstraint("balance >= 0 AND balance <= total", name=op.f("ck_invoice_balance_within_total")),
        sa.CheckConstraint("discount >= 0 AND tax >= 0 AND total >= 0", name=op.f("ck_invoice_amounts_not_negative")),
        sa.CheckConstraint("length(number) <= 45", name=op.f("ck_invoice_number_fits_intacct")),
        sa.CheckConstraint("voided_at IS NULL OR balance = 0", name=op.f("ck_invoice_voided_owes_nothing")),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["customer.company_id", "customer.id"],
            name=op.f("fk_invoice_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_invoice_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint(
            "company_id", "id", "customer_id", "currency", name=op.f("uq_invoice_company_id_id_customer_id_currency")
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_invoice_company_id_id")),
        sa.UniqueConstraint("company_id", "number_key", name=op.f("uq_invoice_company_id_number_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_invoice_uuid")),
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_company_id_customer_id_date_id"),
            ["company_id", "customer_id", "date", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_invoice_company_id_date_id"), ["company_id", "date", "id"], unique=False)

    op.create_table(
        "payment",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_key", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "method IN ('ach', 'cash', 'check', 'credit_card', 'wire', 'other')", name=op.f("ck_payment_method_known")
        ),
        sa.CheckConstraint("origin IN ('portal', 'intacct')", name=op.f("ck_payment_origin_known")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount_positive")),
        sa.CheckConstraint("applied >= 0 AND applied <= amount", name=op.f("ck_payment_applied_within_amount")),
        sa.CheckConstraint("voided_at IS NULL OR applied = 0", name=op.f("ck_payment_voided_pays_nothing")),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["customer.company_id", "customer.id"],
            name=op.f("fk_payment_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_payment_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint(
            "company_id", "id", "customer_id", "currency", name=op.f("uq_payment_company_id_id_customer_id_currency")
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_payment_company_id_id")),
        sa.UniqueConstraint("company_id", "number_key", name=op.f("uq_payment_company_id_number_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_payment_uuid")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payment_company_id_customer_id_date_id"),
            ["company_id", "customer_id", "date", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_payment_company_id_date_id"), ["company_id", "date", "id"], unique=False)

    op.create_table(
        "reread",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_reread_book_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reread")),
        sa.UniqueConstraint("book_id", "object", "field", "value", name=op.f("uq_reread_book_id_object_field_value")),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.JSON(), nullable=False),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enqueued_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'running') = (token <> '')", name=op.f("ck_run_token_while_running")),
        sa.CheckConstraint(
            "kind IN ('sync', 'record', 'settle', 'sweep', 'import_customers', 'import_invoices', 'preview', 'tie_out')",
            name=op.f("ck_run_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'finished', 'finished_with_problems', 'failed', 'cancelled')",
            name=op.f("ck_run_state_known"),
        ),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_run_book_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_run_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("book_id", "scheduled_for", name=op.f("uq_run_book_id_scheduled_for")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_book_id_id"), ["book_id", "id"], unique=False)
        batch_op.create_index(
            "ix_run_unended",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        )
        batch_op.create_index(
            "uq_run_book_queued",
            ["book_id", "kind"],
            unique=True,
            sqlite_where=sa.text("state = 'queued' AND kind IN ('sync', 'settle')"),
            postgresql_where=sa.text("state = 'queued' AND kind IN ('sync', 'settle')"),
        )
        batch_op.create_index(
            "uq_run_book_running",
            ["book_id"],
            unique=True,
            sqlite_where=sa.text("state = 'running' AND exclusive"),
            postgresql_where=sa.text("state = 'running' AND exclusive"),
        )

    op.create_table(
        "sync_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("want_hash", sa.String(), nullable=False),
        sa.Column("have_hash", sa.String(), nullable=False),
        sa.Column("hold", sa.String(), nullable=False),
        sa.Column("hold_reason", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("number_there", sa.String(), nullable=False),
        sa.Column("docid", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("seen_there", sa.JSON(), nullable=False),
        sa.Column("waiting_for", sa.String(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(key = '') = (object = '')", name=op.f("ck_sync_row_object_with_key")),
        sa.CheckConstraint(
            "hold IN ('', 'skipped', 'before_start', 'former_book', 'left')", name=op.f("ck_sync_row_hold_known")
        ),
        sa.CheckConstraint(
            "kind IN ('customer', 'invoice', 'payment', 'credit_note')", name=op.f("ck_sync_row_kind_known")
        ),
        sa.CheckConstraint("origin IN ('portal', 'intacct')", name=op.f("ck_sync_row_origin_known")),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_sync_row_book_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_row")),
        sa.UniqueConstraint("book_id", "kind", "record_id", name=op.f("uq_sync_row_book_id_kind_record_id")),
        sa.UniqueConstraint("book_id", "ref", name=op.f("uq_sync_row_book_id_ref")),
    )
    with op.batch_alter_table("sync_row", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sync_row_to_send",
            ["book_id", "kind", "id"],
            unique=False,
            sqlite_where=sa.text("want_hash <> have_hash AND hold = ''"),
            postgresql_where=sa.text("want_hash <> have_hash AND hold = ''"),
        )
        batch_op.create_index(
            "uq_sync_row_there",
            ["book_id", "object", "key", "part"],
            unique=True,
            sqlite_where=sa.text("key <> ''"),
            postgresql_where=sa.text("key <> ''"),
        )

    op.create_table(
        "application",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_application_amount_positive")),
        sa.ForeignKeyConstraint(
            ["company_id", "invoice_id", "customer_id", "currency"],
            ["invoice.company_id", "invoice.id", "invoice.customer_id", "invoice.currency"],
            name=op.f("fk_application_company_id_invoice_id_customer_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "payment_id", "customer_id", "currency"],
            ["payment.company_id", "payment.id", "payment.customer_id", "payment.currency"],
            name=op.f("fk_application_company_id_payment_id_customer_id_currency"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_application_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("payment_id", "invoice_id", name=op.f("uq_application_payment_id_invoice_id")),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_invoice_id"), ["invoice_id"], unique=False)

    op.create_table(
        "former_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("sync_row_id", sa.Integer(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_former_key_book_id")),
        sa.ForeignKeyConstraint(["sync_row_id"], ["sync_row.id"], name=op.f("fk_former_key_sync_row_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_key")),
        sa.UniqueConstraint("book_id", "object", "key", name=op.f("uq_former_key_book_id_object_key")),
    )
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "invoice_id"],
            ["invoice.company_id", "invoice.id"],
            name=op.f("fk_invoice_line_company_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_invoice_line_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_invoice_line_invoice_id_position")),
    )
    op.create_table(
        "pair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_row_id", sa.Integer(), nullable=False),
        sa.Column("invoice_row_id", sa.Integer(), nullable=False),
        sa.Column("applied_here", sa.BigInteger(), nullable=False),
        sa.Column("applied_there", sa.BigInteger(), nullable=False),
        sa.Column("hold", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_row_id"], ["sync_row.id"], name=op.f("fk_pair_invoice_row_id")),
        sa.ForeignKeyConstraint(["source_row_id"], ["sync_row.id"], name=op.f("fk_pair_source_row_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair")),
        sa.UniqueConstraint("source_row_id", "invoice_row_id", name=op.f("uq_pair_source_row_id_invoice_row_id")),
    )
    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.create_index("ix_pair_invoice_row_id", ["invoice_row_id"], unique=False)
        batch_op.create_index(
            "ix_pair_to_send",
            ["source_row_id"],
            unique=False,
            sqlite_where=sa.text("applied_here <> applied_there AND hold = ''"),
            postgresql_where=sa.text("applied_here <> applied_there AND hold = ''"),
        )

    op.create_table(
        "posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sync_row_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("intacct_company_id", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.CheckConstraint(
            "act IN ('create', 'update', 'apply', 'reverse', 'delete')", name=op.f("ck_posting_act_known")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'posted', 'refused', 'not_executed')", name=op.f("ck_posting_state_known")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_posting_run_id")),
        sa.ForeignKeyConstraint(["sync_row_id"], ["sync_row.id"], name=op.f("fk_posting_sync_row_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
        sa.UniqueConstraint("sync_row_id", "seq", name=op.f("uq_posting_sync_row_id_seq")),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index(
            "uq_posting_open",
            ["sync_row_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "problem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("book_id", sa.Integer(), nullable=False),
        sa.Column("sync_row_id", sa.Integer(), nullable=True),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("guide", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book.id"], name=op.f("fk_problem_book_id")),
        sa.ForeignKeyConstraint(["sync_row_id"], ["sync_row.id"], name=op.f("fk_problem_sync_row_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
    )
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_problem_book_id_closed_at_id"), ["book_id", "closed_at", "id"], unique=False
        )
        batch_op.create_index(
            "uq_problem_row_open",
            ["sync_row_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL AND sync_row_id IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND sync_row_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_problem_there_open",
            ["book_id", "object", "key"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL AND sync_row_id IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND sync_row_id IS NULL"),
        )

    op.create_table(
        "run_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("sync_row_id", sa.Integer(), nullable=True),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_item_run_id")),
        sa.ForeignKeyConstraint(["sync_row_id"], ["sync_row.id"], name=op.f("fk_run_item_sync_row_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_item")),
    )
    with op.batch_alter_table("run_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_item_run_id_outcome_id"), ["run_id", "outcome", "id"], unique=False)
        batch_op.create_index("ix_run_item_sync_row_id", ["sync_row_id", "id"], unique=False)
    for statement in _AUDIT_IS_FOREVER[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("run_item", schema=None) as batch_op:
        batch_op.drop_index("ix_run_item_sync_row_id")
        batch_op.drop_index(batch_op.f("ix_run_item_run_id_outcome_id"))

    op.drop_table("run_item")
    with op.batch_alter_table("problem", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_problem_there_open",
            sqlite_where=sa.text("closed_at IS NULL AND sync_row_id IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND sync_row_id IS NULL"),
        )
        batch_op.drop_index(
            "uq_problem_row_open",
            sqlite_where=sa.text("closed_at IS NULL AND sync_row_id IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND sync_row_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_problem_book_id_closed_at_id"))

    op.drop_table("problem")
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_posting_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )

    op.drop_table("posting")
    with op.batch_alter_table("pair", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_pair_to_send",
            sqlite_where=sa.text("applied_here <> applied_there AND hold = ''"),
            postgresql_where=sa.text("applied_here <> applied_there AND hold = ''"),
        )
        batch_op.drop_index("ix_pair_invoice_row_id")

    op.drop_table("pair")
    op.drop_table("invoice_line")
    op.drop_table("former_key")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_application_invoice_id"))

    op.drop_table("application")
    with op.batch_alter_table("sync_row", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_sync_row_there", sqlite_where=sa.text("key <> ''"), postgresql_where=sa.text("key <> ''")
        )
        batch_op.drop_index(
            "ix_sync_row_to_send",
            sqlite_where=sa.text("want_hash <> have_hash AND hold = ''"),
            postgresql_where=sa.text("want_hash <> have_hash AND hold = ''"),
        )

    op.drop_table("sync_row")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_run_book_running",
            sqlite_where=sa.text("state = 'running' AND exclusive"),
            postgresql_where=sa.text("state = 'running' AND exclusive"),
        )
        batch_op.drop_index(
            "uq_run_book_queued",
            sqlite_where=sa.text("state = 'queued' AND kind IN ('sync', 'settle')"),
            postgresql_where=sa.text("state = 'queued' AND kind IN ('sync', 'settle')"),
        )
        batch_op.drop_index(
            "ix_run_unended",
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        )
        batch_op.drop_index(batch_op.f("ix_run_book_id_id"))

    op.drop_table("run")
    op.drop_table("reread")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_company_id_date_id"))
        batch_op.drop_index(batch_op.f("ix_payment_company_id_customer_id_date_id"))

    op.drop_table("payment")
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_company_id_date_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_company_id_customer_id_date_id"))

    op.drop_table("invoice")
    op.drop_table("intacct_list")
    with op.batch_alter_table("intacct_customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intacct_customer_book_id_name_key"))
        batch_op.drop_index(batch_op.f("ix_intacct_customer_book_id_customer_id"))

    op.drop_table("intacct_customer")
    op.drop_table("cursor")
    op.drop_table("connection")
    op.drop_table("number_series")
    op.drop_table("membership")
    op.drop_table("integration_settings")
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_company_id_name_key_id"))

    op.drop_table("customer")
    with op.batch_alter_table("book", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_book_company_active", sqlite_where=sa.text("active"), postgresql_where=sa.text("active")
        )

    op.drop_table("book")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_company_id_subject_subject_id_id"))

    op.drop_table("audit_entry")
    op.drop_table("user_account")
    op.drop_table("company")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entry_is_forever()")
