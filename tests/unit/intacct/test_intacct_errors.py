"""Each failure of the gateway, in Intacct's words, becomes one class with the right consequence."""

from __future__ import annotations

import pytest

from portal.intacct import errors as e
from portal.intacct.errors import Action, IntacctError, Level
from portal.intacct.gateway import Session
from tests.unit.intacct.fake_gateway import (
    CLUSTER,
    SESSION_ID,
    USER_PASSWORD,
    Http,
    control_failure,
    envelope,
    error_message,
    failed,
    gateway,
    results,
    sign_in_failure,
    write_call,
)

SESSION = Session(SESSION_ID, CLUSTER)
ROLLED_BACK = ("XL03000009", "The entire transaction in this operation has been rolled back due to an error.")


def written(answer: Http) -> IntacctError:
    """The failure that a write meets, raised or in its result."""
    line, _ = gateway(answer, session=SESSION)
    try:
        error = line.write([write_call("w")])["w"].error
    except IntacctError as raised:
        return raised
    assert error is not None
    return error


FUNCTION_FAILURES = [
    ("XL03000006", "The following fields cannot be queried: [ item: [BASEUOM] ]", e.UnknownField),
    ("XL03000010", "Field requested is not valid: gldetail.STATUS", e.UnknownField),
    ("DL02000001", "There was an error processing the request.", e.UnknownField),
    ("Invalid fields list FOO", "", e.UnknownField),
    ("Query Failed", "Object definition BADOBJECT not found", e.UnknownField),
    ("DL03000005", "No record exits for the recordkey 43", e.NotFound),
    ("BL01001973", "Intacct invoice with recordno = 999, does not exist", e.NotFound),
    ("BL01001973", "Cannot find customer with key 'X' to delete.", e.NotFound),
    (
        "PL04000005",
        "You do not have permission for API operation CREATE on objects of type ARPYMT",
        e.PermissionRefused,
    ),
    ("BL01001973", "A transaction with the number 'INV-1042' already exists.", e.Duplicate),
    ("BL34000061", "Another Contact with the given value(s) already exists. Use a unique value instead.", e.Duplicate),
    ("BL01001973", "Another record with the value X already exists", e.Duplicate),
    ("PL05000104", "The record is there", e.Duplicate),
    ("BL01001973", "Please provide a payment batch key.", e.BatchKeyMissing),
    ("BL01001973", "Periods are closed. Your transaction date is within a period that's been closed", e.PeriodClosed),
    ("BL01001973", "Invalid Project '10064' specified.", e.DimensionError),
    ("BL01001973", "Enter an account number on line item 1, in transaction 'x,' and try again", e.DimensionError),
    ("BL01001973", "Location is required on line 1", e.DimensionError),
    ("BL03000215", "The Document State is not valid. Cannot update a document that's paid.", e.Stale),
    ("BL01001973", "Payment amount exceeds total amount due (40.00)", e.Stale),
    ("BL01001973", "Payment cannot be processed because one or more bills are already paid", e.Stale),
    ("BL01001973", "Something that nobody has seen before", e.GatewayError),
    ("XL03000003", "The function create_invoice is not available in this company.", e.GatewayError),
    ("BL02000051", 'You cannot make payment for foreign currency invoice for payment method "EFT"', e.GatewayError),
]


@pytest.mark.parametrize(("number", "text", "kind"), FUNCTION_FAILURES)
def test_permanent_failure_of_a_function_is_refused(number, text, kind):
    error = written(results(failed("w", (number, text))))
    assert type(error) is kind
    assert (error.executed, error.action, error.level) == ("refused", Action.FIX_AND_RETRY, Level.FUNCTION)
    assert error.code == number
    assert error.text == (text or number)


@pytest.mark.parametrize(
    ("number", "text", "kind"),
    [
        ("", "API rate limit exceeded", e.Throttled),
        ("XL03000006", "The Service is Temporarily Off-line", e.Maintenance),
        ("BL99", "Something broke. Please Try Again Later", e.Throttled),
    ],
)
def test_passing_failure_of_a_function_was_not_executed(number, text, kind):
    error = written(results(failed("w", (number, text))))
    assert type(error) is kind
    assert (error.executed, error.action) == ("no", Action.RETRY_LATER)


def test_try_again_later_in_the_correction_counts():
    head = "<status>failure</status><function>create</function><controlid>w</controlid>"
    told = error_message(("X1", "No luck"), correction="Please Try Again Later")
    assert type(written(results(f"<result>{head}{told}</result>"))) is e.Throttled


@pytest.mark.parametrize("text", ["The control ID 'w' has already been used.", "Duplicate controlid w"])
def test_control_id_already_used_is_an_unknown_outcome_at_any_level(text):
    for answer in (results(failed("w", ("XL03000006", text))), control_failure("XL03000006", text)):
        error = written(answer)
        assert type(error) is e.ControlIdUsed
        assert (error.executed, error.action) == ("unknown", Action.UNKNOWN_OUTCOME)


WHOLE_REQUEST = [
    (control_failure("XL03000006", "Incorrect Intacct XML Partner ID or password."), e.SenderAuthError, Level.CONTROL),
    (control_failure("XL03000003", "XML Parse schema error: Fatal Error 76"), e.SchemaError, Level.CONTROL),
    (control_failure("XL03000006", "X is not a valid transport policy."), e.GatewayError, Level.CONTROL),
    (control_failure("PL04000055", "This company is a demo company and has expired."), e.GatewayError, Level.CONTROL),
    (control_failure("GW-0011", "Invalid Request [Request ID: 7]", status=400), e.SchemaError, Level.HTTP),
    (control_failure("invalidRequest", "Invalid Request", status=400), e.SessionExpired, Level.HTTP),
    (control_failure("GW-0010", "Too many", status=429), e.Throttled, Level.HTTP),
    (control_failure("XMLGW_JPP0002", "Sign-in information is incorrect.", status=401), e.CredentialsError, Level.HTTP),
    (Http("<html/>", 401, "text/html"), e.CredentialsError, Level.HTTP),
    (Http("<html/>", 429, "text/html"), e.Throttled, Level.HTTP),
    (Http("<html/>", 400, "text/html"), e.SchemaError, Level.HTTP),
    (sign_in_failure("XL03000006", "Sign-in information is incorrect"), e.CredentialsError, Level.AUTHENTICATION),
    (
        sign_in_failure("XL03000006", "Invalid Web Services Authorization. The sender ID 'x' is not authorized"),
        e.SenderNotAuthorised,
        Level.AUTHENTICATION,
    ),
    (sign_in_failure("XL03000006", "Invalid session xyz"), e.SessionExpired, Level.AUTHENTICATION),
    (sign_in_failure("XL03000006", "", user=""), e.SessionExpired, Level.AUTHENTICATION),
    (sign_in_failure("XL03000006", "The locationId 900 is invalid"), e.EntityError, Level.AUTHENTICATION),
    (control_failure("XL1", "The Service is Temporarily Off-line", status=503), e.Maintenance, Level.HTTP),
]


@pytest.mark.parametrize(("answer", "kind", "level"), WHOLE_REQUEST)
def test_request_refused_as_a_whole_ran_nothing(answer, kind, level):
    error = written(answer)
    assert type(error) is kind
    assert (error.executed, error.level) == ("no", level)


def test_xml_refusal_with_a_server_fault_is_unknown():
    error = written(control_failure("XL9", "Internal fault", status=500))
    assert (error.executed, error.http_status) == ("unknown", 500)


def test_invalid_request_while_signing_in_is_about_the_credentials():
    line, _ = gateway(control_failure("invalidRequest", "Invalid Request", status=400))
    with pytest.raises(e.CredentialsError):
        line.sign_in()


def test_unauthorised_company_in_the_middle_of_the_control_block_only():
    body = (
        "<response><control><status>failure</status></control><errormessage><error><errorno>GW-0011</errorno>"
        "</error></errormessage></response>"
    )
    assert type(written(Http(body, 400, "application/xml"))) is e.SchemaError


def test_text_is_the_specific_sentence_and_the_chain_is_kept():
    error = written(
        results(
            failed(
                "w",
                ("BL01001973", "Could not create Invoice record! [Support ID: Zx81k%7EYaPq]"),
                ("BL01001973", "A transaction with the number &#039;INV-1&#039; already exists. [Support ID: A%7E]"),
            )
        )
    )
    assert error.text == "A transaction with the number 'INV-1' already exists."
    assert [message.description2 for message in error.errors] == [
        "Could not create Invoice record!",
        "A transaction with the number 'INV-1' already exists.",
    ]
    assert str(error) == "BL01001973: A transaction with the number 'INV-1' already exists."


def test_wrapper_is_the_text_when_there_is_nothing_else():
    error = written(results(failed("w", ("BL01001973", "Could not create Invoice record!"))))
    assert error.text == "Could not create Invoice record!"


def test_aborted_function_counts_as_failed_by_its_own_error():
    own = ("BL01001973", "Invalid Customer 'X' specified.")
    error = written(results(failed("w", ROLLED_BACK, own, status="aborted")))
    assert type(error) is e.DimensionError
    assert error.text == "Invalid Customer 'X' specified."


def test_aborted_for_anothers_error_left_nothing():
    error = written(results(failed("w", ROLLED_BACK, status="aborted")))
    assert type(error) is e.RolledBack
    assert error.executed == "no"


def test_failure_without_errors_still_says_something():
    error = written(results("<result><status>failure</status><function>c</function><controlid>w</controlid></result>"))
    assert type(error) is e.GatewayError
    assert error.text


def test_operation_error_beside_a_successful_sign_in_is_not_a_success():
    body = envelope(
        "<operation><authentication><status>success</status><userid>u</userid></authentication>"
        f"{error_message(('XL1', 'Odd'))}</operation>"
    )
    assert written(body).text == "Odd"


def test_secret_in_intacct_own_text_is_taken_out():
    error = written(control_failure("XL03000003", f"Element 'password': '{USER_PASSWORD}' or {SESSION_ID} is odd"))
    told = f"{error} {error.errors}"
    assert USER_PASSWORD not in told
    assert SESSION_ID not in told
    assert "is odd" in told


def test_fault_page_is_quoted_in_part_and_without_secrets():
    error = written(Http(f"<html>{USER_PASSWORD} {'x' * 5000}", 502, "text/html"))
    assert error.code == "HTTP 502"
    assert USER_PASSWORD not in error.text
    assert len(error.text) < 700


@pytest.mark.parametrize(
    "kind", [value for value in vars(e).values() if isinstance(value, type) and issubclass(value, IntacctError)]
)
def test_every_class_knows_its_consequence(kind):
    error = kind("text")
    assert error.executed in ("no", "unknown", "refused")
    assert (error.executed == "unknown") == (error.action is Action.UNKNOWN_OUTCOME)
