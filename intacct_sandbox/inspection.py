"""`inspect` and `lookup`: what an object is made of, told from the same model that reads are answered from.

Neither obeys permissions. Both list what `read` accepts: own fields, the fields of the groups that `*` unfolds, and
custom fields (those of one document type with its docparid, which only `lookup` takes).
"""

from __future__ import annotations

from zlib import crc32

from .columns import Columns
from .envelope import Element, text_of
from .errors import FunctionRefusal, GatewayError
from .model import ENUMS, ObjectType
from .objects import OBJECTS
from .reads import docparid_of
from .render import data, element
from .values import xml_text
from .work import Outcome, Work

# kind of the model: internal and plain type of `inspect`, DATATYPE of `lookup`
TYPES = {
    "text": ("Pt_FieldString", "string", "TEXT"),
    "int": ("Pt_FieldInt", "integer", "INTEGER"),
    "money": ("Pt_FieldDouble", "decimal", "DECIMAL"),
    "date": ("Pt_FieldDate", "date", "DATE"),
    "stamp": ("Pt_FieldDateTime", "datetime", "TIMESTAMP"),
    "bool": ("Pt_FieldBoolean", "boolean", "BOOLEAN"),
    "flag": ("Pt_FieldBoolean", "boolean", "BOOLEAN"),
}
_ENUM = ("Pt_FieldString", "string", "ENUM")
_REQUIRED = {
    "CUSTOMER": {"CUSTOMERID", "NAME"},
    "CONTACT": {"CONTACTNAME", "PRINTAS"},
    "ARPYMT": {"PAYMENTMETHOD", "RECEIPTDATE", "CURRENCY"},
    "ARADVANCE": {"CUSTOMERID", "PAYMENTMETHOD", "PAYMENTDATE", "RECEIPTDATE"},
}
_LENGTHS = {"RECORDID": 45, "DOCNUMBER": 45, "CUSTOMERID": 20, "NAME": 100, "DESCRIPTION": 1000, "PRINTAS": 200}
_WRITTEN_ELSEWHERE = {"RECORDNO", "CREATEDBY", "MODIFIEDBY", "WHENMODIFIED", "AUWHENCREATED", "TOTALDUE", "ENTITY"}
_LABELS = {"RECORDNO": "Record number", "RECORDID": "Number", "WHENMODIFIED": "When modified", "TOTALDUE": "Total due"}


def _described(name: str) -> ObjectType:
    kind = OBJECTS.get(name.upper())
    if kind is None:
        raise FunctionRefusal(GatewayError("Query Failed", f"Object definition {name} not found"))
    return kind


def _label(field: str) -> str:
    return _LABELS.get(field, field.replace(".", " ").replace("_", " ").capitalize())


def _read_only(field: str) -> bool:
    return field in _WRITTEN_ELSEWHERE or field.startswith("MEGAENTITY") or (field.endswith("KEY") and "." not in field)


def inspect(work: Work, function: Element) -> Outcome:
    """`inspect`: all types for `*`; one object's field names, or with `detail` 1 all that is known of them."""
    name = text_of(function, "object") or text_of(function, "name")
    if name == "*":
        shown = "".join(
            f'<type typename="{xml_text(kind.name)}">{xml_text(kind.title)}</type>' for kind in OBJECTS.values()
        )
        return Outcome(data=data(shown, listtype="All", count=1))
    kind = _described(name)
    columns = work.columns()
    names = columns.all_names(kind.name, groups=True)
    if function.get("detail") == "1":
        shown = "".join(_detailed(kind, columns, field) for field in names)
        inside = f"{_attributes(kind)}<Fields>{shown}</Fields>"
    else:
        inside = f"<Fields>{''.join(element('Field', field) for field in names)}</Fields>"
    return Outcome(data=data(f'<Type Name="{kind.name}">{inside}</Type>', listtype="All", count=1))


def _attributes(kind: ObjectType) -> str:
    plural = kind.title[:-1] + "ies" if kind.title.endswith("y") else kind.title + "s"
    shown = element("SingularName", kind.title) + element("PluralName", plural) + element("Description")
    return f"<Attributes>{shown}</Attributes>"


def _kind_of(kind: ObjectType, columns: Columns, field: str) -> str:
    column = columns.find(kind.name, field)
    return column.kind if column is not None else "text"


def _detailed(kind: ObjectType, columns: Columns, field: str) -> str:
    internal, plain, _ = TYPES.get(_kind_of(kind, columns, field), _ENUM)
    group, _, _ = field.rpartition(".")
    relation = kind.relations.get(group)
    parts = {
        "Name": field,
        "GroupName": group,
        "dataName": internal,
        "externalDataName": plain,
        "isRequired": "true" if field in _REQUIRED.get(kind.name, ()) else "false",
        "isReadOnly": "true" if _read_only(field) else "false",
        "maxLength": _LENGTHS.get(field, 200 if plain == "string" else 0),
        "DisplayLabel": _label(field),
        "Description": _label(field),
        "id": 999500000000000 + crc32(f"{kind.name}.{field}".encode()),
        "relationship": "MANY2ONE" if relation else "",
        "relatedObject": relation.target if relation else "",
    }
    return f"<Field>{''.join(element(name, value) for name, value in parts.items())}</Field>"


def lookup(work: Work, function: Element) -> Outcome:
    """`lookup`: fields with their types and valid values, and the relationships that `query` can follow."""
    kind = _described(text_of(function, "object"))
    docparid = docparid_of(work, function)
    columns = work.columns(docparid)
    custom = set(work.books.custom_fields(kind.name, docparid))
    names = columns.all_names(kind.name, groups=False)
    fields = "".join(_looked_up(kind, columns, field, field in custom) for field in names)
    inside = f"<Fields>{fields}</Fields><Relationships>{_relationships(kind)}</Relationships>"
    shown = f'<Type Name="{kind.name}" DocumentType="{xml_text(docparid).replace(chr(34), "&quot;")}">{inside}</Type>'
    return Outcome(data=data(shown, listtype="All", count=1))


def _looked_up(kind: ObjectType, columns: Columns, field: str, custom: bool) -> str:
    stored = _kind_of(kind, columns, field)
    valid = "".join(element("VALIDVALUE", word) for word in ENUMS.get(stored, {}).values())
    inside = (
        element("ID", field)
        + element("LABEL", _label(field))
        + element("DESCRIPTION", _label(field))
        + element("REQUIRED", "true" if field in _REQUIRED.get(kind.name, ()) else "false")
        + element("READONLY", "true" if _read_only(field) else "false")
        + element("DATATYPE", TYPES.get(stored, _ENUM)[2])
        + (f"<VALIDVALUES>{valid}</VALIDVALUES>" if valid else "")
        + element("ISCUSTOM", "true" if custom else "false")
    )
    return f"<Field>{inside}</Field>"


def _relationships(kind: ObjectType) -> str:
    return "".join(
        "<Relationship>"
        + element("OBJECTPATH", path)
        + element("OBJECTNAME", relation.target)
        + element("LABEL", OBJECTS[relation.target].title)
        + element("RELATIONSHIPTYPE", "MANY2ONE")
        + element("RELATEDBY", relation.key)
        + "</Relationship>"
        for path, relation in kind.relations.items()
    )
