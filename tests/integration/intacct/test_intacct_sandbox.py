"""The client against the local gateway: what it builds is accepted, what it reads is what is there."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import pytest

from intacct_sandbox import sessions
from intacct_sandbox.company import COMPANY_ID
from intacct_sandbox.core import SandboxCore
from portal.intacct import errors as e
from portal.intacct import functions as f
from portal.intacct import queries as q
from portal.intacct import records as r
from portal.intacct.functions import Address, Application, InvoiceLine, PaymentDetail
from portal.intacct.gateway import Call, Gateway, Login, Sender
from tests.sage_schema import CoreAdapter, ValidatingAdapter, session

URL = "http://127.0.0.1:8001/ia/xml/xmlgw.phtml"
SENDER = Sender(sessions.SENDER_ID, sessions.SENDER_PASSWORD)
NUMBERS = count()
TODAY = datetime.now(UTC).date()
LOGIN = Login(COMPANY_ID, sessions.USER_ID, sessions.USER_PASSWORD)


@pytest.fixture
def core() -> SandboxCore:
    return SandboxCore("demo")


@pytest.fixture
def line(core: SandboxCore) -> Gateway:
    return line_to(core)


def line_to(core: SandboxCore, sender: Sender = SENDER, login: Login = LOGIN) -> Gateway:
    return Gateway(URL, sender, login, http=session(ValidatingAdapter(CoreAdapter(core))))


def do(line: Gateway, body: str, control_id: str = "") -> str:
    control_id = control_id or f"w-{next(NUMBERS)}"
    result = line.write([Call(control_id, body)])[control_id]
    assert result.error is None, result.error
    return result.key


def ask(line: Gateway, kind: type[r.Record], where: q.Filter | None = None) -> list:
    query = q.Query(kind.OBJECT, kind.FIELDS, where=where, page_size=7)
    return [kind.from_row(row) for page in line.query(query) for row in page.rows]


def invoice(number: str, customer: str, account: str, amount: str = "120.00") -> str:
    return f.create_invoice(
        customer_id=customer,
        date=TODAY,
        due_date=TODAY,
        number=number,
        description="[ref ABCD-EFGH-JKLM.1]",
        lines=[InvoiceLine(Decimal(amount), account, "Service plan")],
    )


@pytest.fixture
def account(line: Gateway) -> str:
    return next(row for row in ask(line, r.GLAccountRow) if row.kind == "incomestatement" and row.active).number


@pytest.mark.parametrize("kind", r.Record.__subclasses__())
def test_every_kind_of_row_can_be_asked_for(line, kind):
    rows = ask(line, kind)
    assert [row.record_no for row in rows] == sorted({row.record_no for row in rows})


def test_paged_rows_are_all_rows(line):
    whole = line.read([q.Query("CUSTOMER", ("CUSTOMERID",)).call("c")])[0]
    assert len(ask(line, r.CustomerRow)) == whole.totalcount > 7


def test_customer_invoice_and_payment_go_out_and_are_read_back(line, account):
    do(
        line,
        f.create_customer("C-77", "Pine & Quarry", print_as="Pine", email="a@pine.example", address=Address("1 Quay")),
    )
    key = do(line, invoice("LP-1", "C-77", account))
    bank = ask(line, r.BankAccountRow)[0].account_id
    paid = do(
        line,
        f.create_payment(
            customer_id="C-77",
            method="EFT",
            receipt_date=TODAY,
            currency="USD",
            document_number="PMT-1",
            description="wire",
            details=[PaymentDetail(key, Decimal("70"))],
            bank_account=bank,
            overpayment=Decimal("5"),
        ),
    )
    (customer,) = ask(line, r.CustomerRow, q.equal("CUSTOMERID", "C-77"))
    (made,) = ask(line, r.InvoiceRow, q.equal("RECORDNO", key))
    (payment,) = ask(line, r.PaymentRow, q.equal("RECORDNO", paid))
    (detail,) = ask(line, r.PaymentDetailRow, q.equal("RECORDKEY", key))
    assert (customer.name, customer.email, customer.address1) == ("Pine & Quarry", "a@pine.example", "1 Quay")
    assert (made.number, made.trx_total, made.trx_due, made.state) == ("LP-1", 120, 50, "Partially Paid")
    assert (payment.document_number, payment.trx_due) == ("PMT-1", 5)
    assert (detail.parent_key, detail.settled) == (int(paid), 70)


def test_invoice_is_changed_and_reversed(line, account):
    customer = ask(line, r.CustomerRow)[0].customer_id
    key = do(line, invoice("LP-2", customer, account))
    changed = f.update_invoice(
        key,
        customer_id=customer,
        date=TODAY,
        due_date=TODAY,
        number="LP-2",
        description="changed",
        lines=[InvoiceLine(Decimal("30.10"), account), InvoiceLine(Decimal("12"), account)],
        lines_there=1,
    )
    do(line, changed)
    (row,) = ask(line, r.InvoiceRow, q.equal("RECORDNO", key))
    assert (row.trx_total, row.description) == (Decimal("42.10"), "changed")
    do(line, f.reverse_invoice(key, TODAY, "void"))
    (row,) = ask(line, r.InvoiceRow, q.equal("RECORDNO", key))
    assert row.state == "Reversed"


def test_credit_is_posted_and_applied(line, account):
    customer = ask(line, r.CustomerRow)[0].customer_id
    key = do(line, invoice("LP-3", customer, account))
    credit = f.create_adjustment(
        customer_id=customer,
        date=TODAY,
        number="CN-1",
        description="Goodwill",
        lines=[InvoiceLine(Decimal("-20"), account)],
    )
    credit_key = do(line, credit)
    do(line, f.apply_payment(credit_key, TODAY, "apply", [Application(key, Decimal("20"))]))
    (row,) = ask(line, r.InvoiceRow, q.equal("RECORDNO", key))
    (detail,) = ask(line, r.PaymentDetailRow, q.equal("RECORDKEY", key))
    assert row.trx_due == 100
    assert (detail.adjustment_key, detail.settled) == (int(credit_key), 20)


def test_number_in_use_fails_alone(line, account):
    customer = ask(line, r.CustomerRow)[0].customer_id
    do(line, invoice("LP-4", customer, account))
    twice = line.write([Call("a", invoice("LP-4", customer, account)), Call("b", invoice("LP-5", customer, account))])
    assert type(twice["a"].error) is e.Duplicate
    assert twice["a"].error.text == "A transaction with the number 'LP-4' already exists."
    assert twice["b"].key


def test_control_id_is_refused_the_second_time_as_unknown(line, account):
    customer = ask(line, r.CustomerRow)[0].customer_id
    do(line, invoice("LP-6", customer, account), "REF-1")
    error = line.write([Call("REF-1", invoice("LP-7", customer, account))])["REF-1"].error
    assert type(error) is e.ControlIdUsed
    assert error.executed == "unknown"


def test_lost_reply_is_unknown_and_the_work_is_there(core, line, account):
    customer = ask(line, r.CustomerRow)[0].customer_id
    core.faults.order([{"when": "create_invoice", "what": "reply_lost"}])
    with pytest.raises(e.NoReply) as caught:
        do(line, invoice("LP-8", customer, account))
    assert caught.value.executed == "unknown"
    assert len(ask(line, r.InvoiceRow, q.equal("RECORDID", "LP-8"))) == 1


@pytest.mark.parametrize(
    ("what", "kind", "executed"),
    [
        ("401", e.CredentialsError, "no"),
        ("400", e.SchemaError, "no"),
        ("429", e.Throttled, "no"),
        ("500", e.GatewayError, "unknown"),
        ("502_html", e.BadReply, "unknown"),
        ("524_late", e.BadReply, "unknown"),
        ("truncated", e.BadReply, "unknown"),
        ("two_roots", e.BadReply, "unknown"),
        ("dropped_before", e.NoReply, "unknown"),
        ("cut_off", e.NoReply, "unknown"),
        ("session_expired", e.SessionExpired, "no"),
        ("maintenance", e.Maintenance, "no"),
        ("try_again_later", e.Throttled, "no"),
        ("schema_error", e.SchemaError, "no"),
    ],
)
def test_fault_of_a_write_says_whether_it_ran(core, line, account, what, kind, executed):
    customer = ask(line, r.CustomerRow)[0].customer_id
    core.faults.order([{"when": "create_invoice", "what": what}])
    before = core.requests["all"]
    with pytest.raises(kind) as caught:
        do(line, invoice("LP-9", customer, account))
    assert caught.value.executed == executed
    assert core.requests["all"] == before + 1


def test_rate_limit_inside_a_result_was_not_executed(core, line, account):
    customer = ask(line, r.CustomerRow)[0].customer_id
    core.faults.order([{"when": "create_invoice", "what": "rate_limit_text"}])
    error = line.write([Call("w", invoice("LP-9", customer, account))])["w"].error
    assert (type(error), error.executed) == (e.Throttled, "no")


def test_session_that_dies_is_renewed_for_a_read(core, line):
    ask(line, r.TermRow)
    core.faults.order([{"when": "query", "what": "session_expired"}])
    assert ask(line, r.TermRow)


@pytest.mark.parametrize(
    ("sender", "login", "kind"),
    [
        (Sender(SENDER.sender_id, "wrong-password"), LOGIN, e.SenderAuthError),
        (Sender("other_partner", "other-sender-password"), LOGIN, e.SenderNotAuthorised),
        (SENDER, Login(LOGIN.company_id, LOGIN.user_id, "wrong-password"), e.CredentialsError),
        (SENDER, Login(LOGIN.company_id, LOGIN.user_id, LOGIN.password, "NOWHERE"), e.EntityError),
    ],
)
def test_refused_sign_in_says_what_is_wrong(core, sender, login, kind):
    with pytest.raises(kind) as caught:
        line_to(core, sender, login).sign_in()
    assert type(caught.value) is kind


def test_company_can_be_asked_about_itself(line):
    bodies = {
        "setup": f.get_financial_setup(),
        "format": f.read_user_formatting(LOGIN.user_id),
        "rights": f.get_user_permissions(LOGIN.user_id),
        "entities": f.read_entity_details(),
    }
    answers = line.read([Call(name, body) for name, body in bodies.items()])
    assert {answer.control_id: answer.error for answer in answers} == dict.fromkeys(bodies)
    offset = next(answers[1].rows())["gmtoffset"]
    assert r.parse_offset(offset) is not None
