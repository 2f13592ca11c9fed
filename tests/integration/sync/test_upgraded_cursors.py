"""Cursors across releases: one that reads more columns of the same rows goes on where the former one stood, or what
changed in Intacct between the last sync of the old and the first of the new would never be read."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.run import Cursor, Reread
from portal.sync import cursors, read_changes
from portal.sync.cursors import Spec
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import ok

SPECS = ("INVOICES", "PAYMENTS", "ADJUSTMENTS")
WANTED = "payments credits"


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Where this machine's clock and Intacct's agree, however far a test moves them."""
    monkeypatch.setattr(cursors, "utcnow", world.core.clock.now)
    return world


def written(world: World) -> Invoice:
    """An invoice, a payment and a credit note that are in Intacct, read back and no longer read again."""
    invoice = make_invoice("100.00", customer=make_customer(world.company, number="C-1"), number="INV-1")
    make_payment("50.00", on={invoice: "50.00"}, number="PMT-1")
    make_credit_note("30.00", customer=invoice.customer, number="CN-1")
    for _ in range(3):
        ok(world.sync())
        world.core.clock.advance(3 * 3600)
    return invoice


def change_there(world: World) -> None:
    """Have the header of each changed in Intacct, and let more time go by than is read again."""
    for object_, field, number in (
        ("ARINVOICE", "RECORDID", "INV-1"), ("ARPYMT", "DOCNUMBER", "PMT-1"), ("ARADJUSTMENT", "RECORDID", "CN-1"),
    ):  # fmt: skip
        [there] = world.there(object_, **{field: number})
        world.act("edit", object=object_, key=there["RECORDNO"], fields={field: f"{number}A"})
    world.core.clock.advance(3 * 3600)


def all_told(world: World) -> None:
    """The next sync notices each change."""
    world.sync()
    assert sorted((problem.code, problem.text.split(" was ")[0]) for problem in world.problems()) == [
        ("changed_there", "Credit note CN-1"),
        ("changed_there", "Invoice INV-1"),
        ("changed_there", "Payment PMT-1"),
    ]


def older(spec: Spec, *more: str) -> str:
    """The fingerprint of older versions, which had the fields in it."""
    parts = "|".join([spec.object, *spec.fields, *more, spec.created_field, *([spec.wants] if spec.wants else [])])
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def keep_as_older(world: World, *more: str) -> None:
    """Let every cursor be as a version kept it that read `more` fields."""
    specs = [getattr(read_changes, name) for name in SPECS] + [replace(read_changes.DETAILS, wants=WANTED)]
    for spec in specs:
        cursor = db.session.scalars(db.select(Cursor).where(Cursor.object == spec.object)).one()
        cursor.fingerprint = older(spec, *more)
    db.session.commit()


def test_a_release_that_reads_another_field_forgets_no_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written(world)
    change_there(world)
    for name in SPECS:
        spec = getattr(read_changes, name)
        monkeypatch.setattr(read_changes, name, replace(spec, fields=(*spec.fields, "AUWHENCREATED")))
    all_told(world)


@pytest.mark.parametrize("more", [(), ("ONCE",)], ids=["these fields", "other fields"])
def test_cursors_of_a_version_that_had_the_fields_in_them_forget_no_change(world: World, more: tuple[str, ...]) -> None:
    written(world)
    keep_as_older(world, *more)
    change_there(world)
    all_told(world)


def test_rows_of_money_go_on_where_a_version_that_had_the_fields_in_them_stood(world: World) -> None:
    invoice = written(world)
    keep_as_older(world)
    world.act("receive_payment", invoice_recordid="INV-1", amount="10", document="CHK-1")
    world.core.clock.advance(3 * 3600)
    ok(world.sync())
    assert (invoice.balance, list(db.session.scalars(db.select(Reread)))) == (Decimal(40), [])


def test_where_every_row_is_taken_again_another_field_is_a_reason_to() -> None:
    spec = Spec("CUSTOMER", ("NAME",), whole_first_pass=True)
    assert not replace(spec, fields=("NAME", "STATUS")).fits(spec.fingerprint)
    assert spec.fits(older(spec))
    changes = Spec("ARPYMTDETAIL", ("AMOUNT",), wants="payments")
    assert not replace(changes, wants="credits").fits(changes.fingerprint)
    assert not replace(changes, wants="credits").fits(older(changes))


def test_a_process_of_the_former_version_finds_cursors_of_changes_as_it_kept_them() -> None:
    """It may go on beside this one, and would begin anew at the present moment otherwise."""
    for name in SPECS:
        spec = getattr(read_changes, name)
        assert spec.fingerprint == older(spec)
