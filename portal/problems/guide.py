"""What a guide of the catalogue says."""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNTANT = "An accountant, here"
ADMIN = "An admin, in the integration settings"
INTACCT_ADMIN = "An Intacct administrator"
INTACCT_USER = "Somebody who posts in Intacct"
OPERATOR = "The operator of this portal"
NOBODY = "Nobody: it passes by itself"

AFTER_RETRY = (
    "Not by itself. Once the cause is gone, retry; later syncs try again too, after 1, 2, 4 and up to 24 hours."
)
AFTER_SETTING = "As soon as the setting is saved, the records concerned go with the next sync."
AFTER_EDIT = "As soon as the record is changed, it goes with the next sync."
AFTER_CHOICE = "Not by itself. It stays as it is until somebody decides."
BY_ITSELF = "Yes. The next sync goes on from where this one stopped."


@dataclass(frozen=True)
class Guide:
    """One known failure. `heals` says whether it passes by itself; `setting` is the key of the integration setting it
    concerns ("" for none); `phrases` are Intacct's codes and words by which a pasted message is recognised."""

    slug: str
    area: str
    title: str
    happened: str
    blocks: str
    steps: tuple[str, ...]
    fixer: str
    heals: str
    setting: str = ""
    phrases: tuple[str, ...] = ()
