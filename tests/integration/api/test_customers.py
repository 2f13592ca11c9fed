"""Customers over the API."""

from __future__ import annotations

from tests.integration.api.conftest import told


def test_a_customer_goes_there_and_back(api):
    made = told(api.post("/customers", {"name": "Harbor Lane Dental", "email": "ap@harbor.example"}), 201)
    assert (made["object"], made["number"], made["currency"]) == ("customer", "CUST-00001", "usd")
    assert made["sync"]["state"] == "not_synced"
    assert told(api.get(f"/customers/{made['id']}")) == made


def test_a_change_keeps_what_it_does_not_name(api, customer):
    changed = told(api.patch(f"/customers/{customer['id']}", {"phone": "555 1234"}))
    assert (changed["name"], changed["phone"]) == ("Harbor Lane Dental", "555 1234")


def test_a_deleted_customer_stays_and_is_inactive(api, customer):
    assert api.delete(f"/customers/{customer['id']}").status_code == 204
    kept = told(api.get(f"/customers/{customer['id']}"))
    assert (kept["active"], kept["status"]) == (False, "inactive")


def test_the_second_of_two_who_change_a_customer_is_told(api, customer):
    path = f"/customers/{customer['id']}"
    told(api.patch(path, {"name": "Harbor Lane", "version": customer["version"]}))
    refused = told(api.patch(path, {"name": "Harbour Lane", "version": customer["version"]}), 409)
    assert refused["param"] == "version"
    assert "Somebody else saved" in refused["message"]
    assert told(api.get(path))["name"] == "Harbor Lane"
