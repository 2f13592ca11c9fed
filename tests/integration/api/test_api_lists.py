"""Lists: pages, order, filters, and the headers that say where the rest is."""

from __future__ import annotations

import re

import pytest

from portal.blueprints.api.operations import OPERATIONS
from tests.integration.api.conftest import DAY, invoice_of, told


@pytest.fixture
def five(api):
    """Five customers, A to E."""
    return [told(api.post("/customers", {"name": name, "email": f"{name}@x.example"}), 201) for name in "CAEBD"]


def names(answer) -> str:
    return "".join(customer["name"] for customer in told(answer))


def links(answer) -> dict[str, str]:
    found = re.findall(r'<([^<>,;]+)>; rel="(\w+)"', answer.headers["Link"])
    return {name: address.partition("/api")[2] for address, name in found}


def test_pages_lead_to_each_other_and_hold_each_row_once(api, five):
    seen, path, pages = "", "/customers?per_page=2&sort=name", 0
    while path:
        answer = api.get(path)
        assert answer.headers["X-Total-Count"] == "5"
        seen += names(answer)
        pages += 1
        path = links(answer).get("next", "")
    assert (seen, pages) == ("ABCDE", 3)


def test_links_name_self_first_previous_next_and_last_and_keep_the_filter(api, five):
    found = links(api.get("/customers?per_page=2&page=2&filter[currency]=usd&sort=name desc, id"))
    assert list(found) == ["self", "first", "previous", "next", "last"]
    assert "filter%5Bcurrency%5D=usd" in found["next"]
    assert names(api.get(found["last"])) == "A"
    assert list(links(api.get("/customers"))) == ["self", "first", "last"]


def test_a_page_behind_the_last_is_empty_and_leads_back(api, five):
    answer = api.get("/customers?per_page=2&page=9")
    assert told(answer) == []
    assert "page=3" in links(answer)["previous"]


SEARCHES = [
    ("", "CAEBD"),
    ("?sort=name desc", "EDCBA"),
    ("?sort=name ASC", "ABCDE"),
    ("?filter[name]=B", "B"),
    ("?filter[number]=cust-00002", "A"),
    ("?filter[active]=false", ""),
    ("?filter[email]=E@x.example&filter[status]=active", "E"),
    ("?updated_after=1", "CAEBD"),
    ("?updated_after=99999999999", ""),
]


def test_a_list_is_sorted_and_filtered(api, five):
    for query, expected in SEARCHES:
        assert names(api.get(f"/customers{query}")) == expected, query


IMPOSSIBLE = [
    ("per_page=101", "per_page"),
    ("per_page=0", "per_page"),
    ("per_page=x", "per_page"),
    ("page=-1", "page"),
    ("page=99999999999999999999", "page"),
    ("page=\N{SUPERSCRIPT TWO}", "page"),
    ("sort=password", "sort"),
    ("sort=name sideways", "sort"),
    ("filter[nothing]=1", "filter[nothing]"),
    ("filter[id]=x", "filter[id]"),
    ("filter[active]=perhaps", "filter[active]"),
    ("filter[number]=%00", "filter[number]"),
    ("updated_after=yesterday", "updated_after"),
]


def test_what_a_list_cannot_do_is_told_at_its_parameter(api):
    for query, param in IMPOSSIBLE:
        refused = told(api.get(f"/customers?{query}"), 400)
        assert (refused["type"], refused["param"]) == ("invalid_request", param)


def test_every_sort_and_filter_of_every_list_works_on_both_databases(api, invoice):
    value = {"status": "draft", "date": DAY, "due_date": DAY, "kind": "sync", "state": "all", "draft": "true",
             "voided": "false", "active": "true", "id": 1, "customer": 1, "object_id": 1, "origin": "portal",
             "method": "check", "object": "invoice", "type": "invoice.created", "invoice": 1}  # fmt: skip
    for declared in OPERATIONS:
        if declared.listing is None:
            continue
        for name in declared.listing.sorts:
            told(api.get(f"{declared.path}?sort={name} desc"))
        for name in declared.listing.filters:
            answer = api.get(f"{declared.path}?filter[{name}]={value.get(name, 'x')}")
            if answer.status_code == 400:
                assert "must be one of" in answer.text, (declared.path, name)


def test_invoices_are_found_by_status_customer_and_date(api, customer, invoice):
    told(api.post("/invoices", invoice_of(customer["id"], draft=True, number="D-1", date=DAY + 86400)), 201)
    assert [found["number"] for found in told(api.get("/invoices?filter[status]=draft"))] == ["D-1"]
    assert [found["number"] for found in told(api.get(f"/invoices?filter[date]={DAY}"))] == [invoice["number"]]
    assert len(told(api.get(f"/invoices?filter[customer]={customer['id']}"))) == 2
    assert told(api.get("/invoices?filter[customer]=999")) == []


def test_updated_after_finds_what_a_payment_changed(api, customer, invoice):
    payment = {"customer": customer["id"], "amount": 98.5, "applied_to": [{"invoice": invoice["id"], "amount": 98.5}]}
    made = told(api.post("/payments", payment), 201)
    found = told(api.get(f"/invoices?updated_after={made['updated_at']}"))
    assert [(row["id"], row["status"]) for row in found] == [(invoice["id"], "paid")]
