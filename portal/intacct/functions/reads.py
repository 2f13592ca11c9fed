"""Functions that only read (the `query` function is in `queries`)."""

from __future__ import annotations

from collections.abc import Sequence

from ..schema import render
from ..values import checked, optional, required

# What Intacct takes in one `read`.
MOST_KEYS = 100
LARGEST_PAGE = 1000


def read(object: str, keys: Sequence[str], fields: Sequence[str] = ("*",), *, doc_par_id: str = "") -> str:
    """Records by RECORDNO, 1 to 100 of them, whole with their lines (`*`) or with the fields named."""
    if not 1 <= len(keys) <= MOST_KEYS:
        raise ValueError(f"keys must be 1 to {MOST_KEYS}")
    return render(
        "read",
        object=required("object", object),
        keys=",".join(_listed("key", key) for key in keys),
        fields=",".join(_listed("field", name) for name in fields),
        docparid=optional("doc_par_id", doc_par_id),
    )


def read_by_query(
    object: str, query: str, fields: Sequence[str] = ("*",), *, page_size: int = LARGEST_PAGE, doc_par_id: str = ""
) -> str:
    """Records by a condition in Intacct's own language, with stored codes (`STATUS = 'T'`); "" is all of them."""
    if not 1 <= page_size <= LARGEST_PAGE:
        raise ValueError(f"page_size must be 1 to {LARGEST_PAGE}")
    return render(
        "readByQuery",
        object=required("object", object),
        query=checked("query", query),
        fields=",".join(_listed("field", name) for name in fields),
        pagesize=str(page_size),
        docparid=optional("doc_par_id", doc_par_id),
    )


def read_more(result_id: str) -> str:
    """The next page of a `read_by_query`, in the same session."""
    return render("readMore", resultId=required("result_id", result_id))


def inspect(object: str, *, detail: bool = True) -> str:
    """The fields of an object; of `*` the objects themselves."""
    return render("inspect", object=required("object", object), detail="1" if detail else "0")


def retrieve_pdf(doc_id: str) -> str:
    """An Order Entry document as it prints; its row's `pdfdata` is the file in base64."""
    return render("retrievepdf", SODOCUMENT={"DOCID": required("doc_id", doc_id)})


def get_financial_setup() -> str:
    """Base currency, and whether the company has several currencies and entities."""
    return render("getFinancialSetup")


def read_entity_details() -> str:
    """The entities that the user may use."""
    return render("readEntityDetails")


def read_user_formatting(user_id: str) -> str:
    """How the user sees dates and times; `gmtoffset` is the zone of all stamps."""
    return render("readUserFormatting", userId=required("user_id", user_id))


def get_user_permissions(user_id: str) -> str:
    """What the user may do, module by module."""
    return render("getUserPermissions", userId=required("user_id", user_id))


def _listed(field: str, text: str) -> str:
    """One member of a comma list. Raises `ValueError` when it would become several."""
    if "," in text:
        raise ValueError(f"{field} {text!r} holds a comma")
    return required(field, text)
