"""Why an identifier leads to nobody, in the sentence that helps most."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from engine.errors import NotFoundError, RetiredError, UnclearError
from engine.ledger import customer_number
from graph.store import Finding

#: How many records that hold a value are named.
NAMED = 5

#: Status of a value that never links -> what that means.
_MEANS = {
    "placeholder": "a placeholder that was typed where nothing was known",
    "role": "a role inbox such as info@, read by several people",
    "disposable": "a throw-away address",
    "blocked": "blocked by the project file",
    "invalid": "not valid",
}
_CUSTOMER = re.compile(r"[Cc][0-9A-Za-z]{8}")
_TYPES = {"email": "an e-mail", "phone": "a phone number", "account": "an account id", "loyalty": "a loyalty id"}


def nobody(
    text: str, type_: str | None, candidates: Sequence[tuple[str, str]], findings: Sequence[Finding], region: str
) -> NotFoundError:
    """What to raise for a text that, meant as `type_` if that is known and understood as `candidates`, leads to nobody.

    The graph knows `findings`, none a customer's.
    """
    if findings and findings[0].type == "customer":
        return RetiredError(findings[0].reason, ())
    known = findings[0].status if findings else "unknown"
    why: Literal["shared", "unlinkable", "unknown"] = known if known in ("shared", "unlinkable") else "unknown"
    meant = type_ or _meant(text, candidates)
    return UnclearError(_said(text, meant, candidates, findings, region), why, findings[0].type if findings else meant)


def _meant(text: str, candidates: Sequence[tuple[str, str]]) -> str | None:
    """What is written like an e-mail or a customer id is meant as one, even where it can't be one."""
    if _CUSTOMER.fullmatch(text):
        return "customer"
    return "email" if "@" in text[1:] else candidates[0][0] if candidates else None


def _said(
    text: str, type_: str | None, candidates: Sequence[tuple[str, str]], findings: Sequence[Finding], region: str
) -> str:
    if not text:
        return "nothing was asked: give an e-mail, a phone number, an id or a customer id"
    if findings:
        return _held(findings[0])
    if _CUSTOMER.fullmatch(text) and customer_number(text) is None:
        return f"no customer has the id {text}, and its check character is wrong: look for a mistyped character"
    if customer_number(text) is not None:
        return f"there is no customer {text.upper()} in the current run, and there never was"
    value = next((value for kind, value in candidates if kind == type_), None)
    if type_ == "email" and value is None:
        return f"{text} is no e-mail address that there could be, and nothing else is called so: check its spelling"
    if value is None:
        return f"{text} is no e-mail, phone number or id that could be looked up"
    if type_ == "phone":
        hint = "" if text.lstrip("(tel: ").startswith(("+", "00")) else (
            f"; numbers without a country code are read as of {region}, so write one from elsewhere with its +"
        )  # fmt: skip
        return f"no record holds the phone number {value}{hint}"
    if type_ == "email":
        read = "" if value == text else f", read as {value}"
        return f"no record holds the e-mail {text}{read}: check its spelling, or ask by phone or order"
    return f"no record, identifier or customer is called {text}: ask by an e-mail, a phone number or an id"


def _held(finding: Finding) -> str:
    """The message for a value that records hold and that is nobody's."""
    what = f"{finding.value} ({_TYPES.get(finding.type, finding.type).split(' ', 1)[-1]})"
    if finding.type == "record":
        return f"the record {finding.value} belongs to no customer"
    if finding.status == "shared":
        why = f"is shared, so it says nothing about who somebody is: {finding.reason}"
    else:
        meanings = [_MEANS[s] for s in sorted({h.status for h in finding.holders}) if s in _MEANS]
        why = f"is {' and '.join(meanings)}, so it never links" if meanings else finding.reason
    named = ", ".join(holder.record_id for holder in finding.holders[:NAMED])
    rest = f" and {finding.records - NAMED:,} more" if finding.records > NAMED else ""
    count = "one record holds" if finding.records == 1 else f"{finding.records:,} records hold"
    return f"{what} {why}.\n{count} it: {named}{rest}; ask for one of those"
