"""inspect, lookup and retrievepdf: they tell what reads know, and print what is there."""

from __future__ import annotations

from base64 import b64decode

import pytest

from intacct_sandbox.objects import OBJECTS
from tests.unit.sandbox.sandbox_client import equal, invoice, query, read_by_query


def inspect(name, detail="1"):
    return f'<inspect detail="{detail}"><object>{name}</object></inspect>'


def lookup(name, docparid=""):
    return f"<lookup><object>{name}</object><docparid>{docparid}</docparid></lookup>"


def test_star_lists_every_type(wire):
    data = wire.do(inspect("*")).find("data")
    assert dict(data.attrib) == {"listtype": "All", "count": "1"}
    assert {node.get("typename"): node.text for node in data.findall("type")}["ARINVOICE"] == "AR Invoice"
    assert len(data) == len(OBJECTS)


def test_plain_inspect_names_the_fields_that_read_by_query_shows(wire):
    (kind,) = wire.do(inspect("CUSTOMER", "0")).find("data")
    assert kind.get("Name") == "CUSTOMER"
    named = [field.text for field in kind.find("Fields")]
    (row,) = wire.do(read_by_query("CUSTOMER", "CUSTOMERID = 'CLT-1001'")).find("data")
    assert named == [cell.tag for cell in row]


def test_detailed_inspect_describes_each_field(wire):
    (kind,) = wire.do(inspect("arinvoice")).find("data")
    assert kind.findtext("Attributes/PluralName") == "AR Invoices"
    fields = {field.findtext("Name"): field for field in kind.find("Fields")}
    number = fields["RECORDID"]
    names = "Name GroupName dataName externalDataName isRequired isReadOnly maxLength DisplayLabel Description id"
    assert [child.tag for child in number] == [*names.split(), "relationship", "relatedObject"]
    assert (number.findtext("externalDataName"), number.findtext("maxLength")) == ("string", "45")
    assert fields["RECORDNO"].findtext("dataName") == "Pt_FieldInt"
    assert fields["BILLTO.EMAIL1"].findtext("relatedObject") == "CONTACT"
    assert len({field.findtext("id") for field in fields.values()}) == len(fields)


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_lookup_agrees_with_what_query_takes(wire, name):
    (kind,) = wire.do(lookup(name)).find("data")
    fields = [field.findtext("ID") for field in kind.find("Fields")]
    paths = [f"{relation.findtext('OBJECTPATH')}.RECORDNO" for relation in kind.find("Relationships")]
    wire.do(query(name, " ".join([*fields, *paths])))
    wire.do(f"<read><object>{name}</object><keys>1</keys><fields>{','.join(fields)}</fields></read>")


def test_lookup_tells_types_valid_values_and_relations(wire):
    (kind,) = wire.do(lookup("SODOCUMENT")).find("data")
    fields = {field.findtext("ID"): field for field in kind.find("Fields")}
    assert fields["WHENDUE"].findtext("DATATYPE") == "DATE"
    assert fields["STATE"].findtext("DATATYPE") == "ENUM"
    assert "Pending" in [value.text for value in fields["STATE"].find("VALIDVALUES")]
    relations = {node.findtext("OBJECTPATH"): node.findtext("RELATEDBY") for node in kind.find("Relationships")}
    assert relations["ARINVOICE"] == "PRRECORDKEY"


def test_custom_fields_show_where_they_can_be_read(core, wire):
    core.switch(custom_fields={"ARINVOICE": ["REGION_CODE"], "SODOCUMENT:Sales Invoice": ["ROUTE"]})
    assert "REGION_CODE" in [field.text for field in wire.do(inspect("ARINVOICE", "0")).iter("Field")]
    plain = wire.do(lookup("SODOCUMENT"))
    assert [node.findtext("ID") for node in plain.iter("Field") if node.findtext("ISCUSTOM") == "true"] == []
    typed = wire.do(lookup("SODOCUMENT", "Sales Invoice"))
    assert typed.find("data/Type").get("DocumentType") == "Sales Invoice"
    assert [node.findtext("ID") for node in typed.iter("Field") if node.findtext("ISCUSTOM") == "true"] == ["ROUTE"]


def test_inspect_obeys_no_permission_but_wants_a_known_object(core, wire):
    core.switch(denied=["* *"])
    wire.do(inspect("ARINVOICE"))
    assert wire.refused(inspect("NOSUCH")) == ["Object definition NOSUCH not found"]
    assert wire.refused(lookup("NOSUCH")) == ["Object definition NOSUCH not found"]


def pdf_of(name, key):
    field = "DOCID" if name == "SODOCUMENT" else "RECORDNO"
    return f"<retrievepdf><{name}><{field}>{key}</{field}></{name}></retrievepdf>"


def test_invoice_prints_as_a_pdf_whose_table_points_at_its_objects(wire):
    key = wire.key(invoice("LP-(1)", "120.50"))
    data = wire.do(pdf_of("ARINVOICE", key)).find("data")
    assert (data.get("listtype"), data.findtext("arinvoice/recordno")) == ("arinvoice", str(key))
    pdf = b64decode(data.findtext("arinvoice/pdfdata"))
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.endswith(b"%%EOF\n")
    assert rb"LP-\(1\)" in pdf
    assert b"120.5" in pdf
    table = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    entries = pdf[table:].split(b"\n")[3:8]
    for number, entry in enumerate(entries, 1):
        assert pdf[int(entry[:10]) :].startswith(b"%d 0 obj" % number)


def test_document_prints_by_its_name(wire):
    data = wire.do(pdf_of("SODOCUMENT", "Sales Invoice-SI-00403")).find("data")
    assert data.findtext("sodocument/docid") == "Sales Invoice-SI-00403"
    assert b"Freight" in b64decode(data.findtext("sodocument/pdfdata"))


def test_pdf_that_cannot_be_had_is_refused(core, wire):
    assert "No record exits" in wire.refused(pdf_of("ARINVOICE", 999999))[0]
    assert "No record exits" in wire.refused(pdf_of("SODOCUMENT", "Sales Invoice-NONE"))[0]
    draft = wire.key(invoice("LP-2", "5", action="Draft"))
    assert "is a draft" in wire.refused(pdf_of("ARINVOICE", draft))[0]
    core.switch(pdf_refused=["Sales Invoice-SI-00403", "ARINVOICE"])
    assert "could not be created" in wire.refused(pdf_of("SODOCUMENT", "Sales Invoice-SI-00403"))[0]
    (row,) = wire.rows("ARINVOICE", "RECORDNO", equal("RECORDID", "INV-1037"))
    assert "could not be created" in wire.refused(pdf_of("ARINVOICE", row["RECORDNO"]))[0]
    wire.do(pdf_of("SODOCUMENT", "Sales Invoice-SI-00402"))


def test_pdf_wants_the_right_to_read(core, wire):
    core.switch(denied=["READ SODOCUMENT"])
    assert "You do not have permission" in wire.refused(pdf_of("SODOCUMENT", "Sales Invoice-SI-00403"))[0]
