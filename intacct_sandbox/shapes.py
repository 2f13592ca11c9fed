"""The shapes of functions: which elements they hold, in which order, and which must be there.

Written down from the protocol's description as a small notation: `name:SHAPE!` is a required element whose inside
is SHAPE, `+` at the end means one or more, `*` any number, and nothing means optional.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from . import order_shapes
from .order_shapes import CURRENCY

Element = etree._Element

# Sent by the official clients though the schema has no room for them there.
_QUIRKS = {"onhold", "taxsolutionid", "retainagepercentage"}

_NOTATION = {
    "DATE": "year! month! day!",
    "CONTACTREF": "contactname",
    "CUSTOMFIELDS": "customfield:CUSTOMFIELD+",
    "CUSTOMFIELD": "customfieldname! customfieldvalue!",
    "LINES": "lineitem:LINE+",
    "LINE": (
        "accountlabel glaccountno offsetglaccountno amount! allocationid memo locationid departmentid item1099 "
        "form1099type form1099box key totalpaid totaldue customfields:CUSTOMFIELDS revrectemplate defrevaccount "
        "revrecstartdate:DATE revrecenddate:DATE projectid taskid costtypeid customerid vendorid employeeid itemid "
        "classid contractid warehouseid billable totaltrxamount partialexempt paymenttaxcapture taxentries:ANY"
    ),
    "UPDATELINES": "lineitem:LINE* updatelineitem:UPDATELINE*",
    "UPDATELINE": (
        "@line_num accountlabel glaccountno offsetglaccountno amount allocationid memo locationid departmentid "
        "customfields:CUSTOMFIELDS projectid taskid costtypeid customerid vendorid employeeid itemid classid "
        "contractid warehouseid billable"
    ),
    "APPLICATION": "invoicekey! amount!",
    "APPLICATIONS": "arpaymentitem:APPLICATION+",
    "MAIL": "address1 address2 city state zip country isocountrycode latitude longitude",
    "CONTACT": (
        "contactname! printas! taxable companyname taxgroup prefix firstname lastname initial phone1 phone2 cellphone "
        "pager fax email1 email2 url1 url2 status mailaddress:MAIL taxid taxsolutionid taxschedule"
    ),
    "CONTACTHOLDER": "contact:CONTACT contactname",
    "create_invoice": (
        "customerid! datecreated:DATE! dateposted:DATE datedue:DATE termname batchkey action invoiceno ponumber "
        f"description externalid billto:CONTACTREF shipto:CONTACTREF {CURRENCY} nogl supdocid "
        "customfields:CUSTOMFIELDS taxsolutionid invoiceitems:LINES!"
    ),
    "update_invoice": (
        "@key customerid datecreated:DATE dateposted:DATE datedue:DATE termname action invoiceno ponumber description "
        f"payto:CONTACTREF returnto:CONTACTREF {CURRENCY} supdocid customfields:CUSTOMFIELDS "
        "updateinvoiceitems:UPDATELINES"
    ),
    "reverse_invoice": "@key datereversed:DATE! description",
    "delete_invoice": "@key",
    "create_arpayment": (
        "customerid! paymentamount! translatedamount batchkey bankaccountid undepfundsacct refid overpaylocid "
        f"overpaydeptid datereceived:DATE paymentmethod {CURRENCY} cctype authcode arpaymentitem:APPLICATION* "
        "onlinecardpayment:ANY onlineachpayment:ANY"
    ),
    "apply_arpayment": (
        "arpaymentkey! paymentdate:DATE! batchkey memo overpaylocid overpaydeptid arpaymentitems:APPLICATIONS*"
    ),
    "reverse_arpayment": "@key datereversed:DATE! description nsfclosedaccount",
    "delete_arpayment": "@key",
    "create_aradjustment": (
        "customerid! datecreated:DATE! dateposted:DATE batchkey adjustmentno action invoiceno description externalid "
        f"{CURRENCY} nogl taxsolutionid aradjustmentitems:LINES!"
    ),
    "delete_aradjustment": "@key",
    "create_customer": (
        "customerid name! parentid termname custrepid shippingmethod custtype taxid creditlimit territoryid resaleno "
        "deliveryoptions accountlabel glaccountno glgroup onhold comments status currency externalid "
        "primary:CONTACTHOLDER billto:CONTACTHOLDER shipto:CONTACTHOLDER contactinfo:CONTACTHOLDER contactlist:ANY "
        "vsoepricelist customfields:CUSTOMFIELDS visibility:ANY supdocid offsetglaccountno retainagepercentage"
    ),
    "getAPISession": "locationid",
}
_NOTATION |= order_shapes.NOTATION
# The schema leaves these children in any order.
_UNORDERED = {
    "readByQuery": "object! query! fields pagesize returnFormat docparid",
    "readMore": "resultId object view reportId",
    "read": "object! keys! fields returnFormat docparid",
    "readByName": "object! keys! fields returnFormat docparid",
    "query": "select:ANY! object! docparid filter:ANY orderby:ANY options:ANY pagesize offset",
    "create": "",
    "update": "",
    "delete": "object! keys!",
    "getFinancialSetup": "",
    "readEntityDetails": "",
    "readUserFormatting": "key userId",
    "getUserPermissions": "userId!",
    "inspect": "object name",
    "lookup": "object! docparid",
    "retrievepdf": "ARINVOICE:ANY SODOCUMENT:ANY",
}


@dataclass(frozen=True)
class Child:
    """One element that a shape may hold."""

    name: str
    inside: str
    required: bool
    many: bool


@dataclass(frozen=True)
class Shape:
    """The elements in order, the required attributes, and whether order matters."""

    children: dict[str, Child]
    attributes: tuple[str, ...]
    ordered: bool


def _shape(notation: str, ordered: bool) -> Shape:
    children, attributes = {}, []
    for token in notation.split():
        if token.startswith("@"):
            attributes.append(token[1:])
            continue
        bare = token.rstrip("!+*")
        name, _, inside = bare.partition(":")
        marks = token[len(bare) :]
        children[name] = Child(name, inside, "!" in marks or "+" in marks, "+" in marks or "*" in marks)
    return Shape(children, tuple(attributes), ordered)


SHAPES = {name: _shape(text, True) for name, text in _NOTATION.items()}
SHAPES |= {name: _shape(text, False) for name, text in _UNORDERED.items()}
_OPEN = {"create", "update"}


def findings(function: Element, strict: bool) -> list[str]:
    """What the schema would say against a function element; empty for one that fits or that has no shape here."""
    name = str(function.tag)
    if name in _OPEN:
        return [] if len(function) else [f"Element '{name}': Missing child element(s)."]
    shape = SHAPES.get(name)
    return _check(function, shape, strict) if shape else []


def _check(element: Element, shape: Shape, strict: bool) -> list[str]:
    found = [
        f"Element '{element.tag}': The attribute '{name}' is required but missing."
        for name in shape.attributes
        if not element.get(name)
    ]
    names = [str(child.tag) for child in element if isinstance(child.tag, str)]
    for child in shape.children.values():
        if child.required and child.name not in names:
            found.append(f"Element '{element.tag}': Missing child element(s). Expected is ( {child.name} ).")
        if not child.many and names.count(child.name) > 1:
            found.append(f"Element '{child.name}': This element is not expected.")
    for node in element:
        if isinstance(node.tag, str):
            found += _check_child(node, shape, strict)
    if strict and shape.ordered:
        found += _order(names, shape)
    return found


def _check_child(node: Element, shape: Shape, strict: bool) -> list[str]:
    name = str(node.tag)
    child = shape.children.get(name)
    if child is None:
        if name in _QUIRKS and not strict:
            return []
        return [f"Element '{name}': This element is not expected."]
    if not child.inside or child.inside == "ANY":
        return []
    if child.inside == "DATE" and not len(node) and not (node.text or "").strip() and not strict:
        return []
    return _check(node, SHAPES[child.inside], strict)


def _order(names: list[str], shape: Shape) -> list[str]:
    places = {name: place for place, name in enumerate(shape.children)}
    known = [name for name in names if name in places]
    found = []
    for before, after in zip(known, known[1:], strict=False):
        if places[after] < places[before]:
            found.append(f"Element '{after}': This element is not expected after '{before}'.")
    if "currency" in names and not {"exchratetype", "exchrate"} & set(names) and "exchrate" in places:
        found.append("Element 'currency': Missing element(s). Expected is one of ( exchratetype, exchrate ).")
    return found
