"""The metrics that every run is measured by: what each means, which way is bad, and what to do then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A metric. `{subject}` in its texts stands for the subject of a value.

    `what` follows a number or "3 of 40"; `do` says what to do where it is bad. `uses` are the tables and columns whose
    definition is the metric's too; the subject comes on top.
    """

    what: str
    uses: frozenset[str] = frozenset()
    bad: Literal["more", "fewer", "either"] | None = None
    do: str = ""


def _uses(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SEEN = _uses("records seen_at created_at events at")
_DATED = _uses("orders events at")
_PERSON = _uses("records identifiers email phone first_name last_name name birth_date street city postcode")
_TIES = _uses("event_owners events account email phone device session order_key url")
_SOLD = _uses("purchases orders base_total base_refunded at status members")
_CLAIMED = _SOLD | _uses("reconciliation reconciliation_months claims base_revenue")
_WHOLE = "see whether its export is whole"
_STILL = "see whether the column is still exported and filled"

METRICS = {
    "rows": Metric("rows read", bad="either", do=_WHOLE),
    "records": Metric("records", _uses("records"), "either", _WHOLE),
    "events": Metric("events", _uses("events"), "either", _WHOLE),
    "rejected": Metric("rows can't be read", bad="more", do="the run's table `rejects` says where and why"),
    "last_seen": Metric("the newest row", _SEEN),
    "rhythm": Metric("days are the longest usual gap between days with rows", _SEEN),
    "early": Metric("{subject} are dated before 1995", _DATED, "more", "is a time missing there?"),
    "future": Metric("{subject} are dated in the future", _DATED, "more", "is the time zone right?"),
    "undated": Metric(
        "{subject} have no date that can be read", _DATED, "more",
        "is the right column mapped? 1970-01-01 and years from 2200 on count as none",
    ),
    "filled": Metric("records have a {subject}", _uses("records identifiers"), "fewer", _STILL),
    "usable": Metric(
        "records with a {subject} have one that may link", _uses("identifiers"), "fewer", "see what stands there now"
    ),
    "unusable": Metric(
        "values of type {subject} may not link", _uses("identifiers"), "more",
        "`clew audit` lists the most frequent of them",
    ),
    "carried": Metric("events carry a {subject}", _uses("events"), "fewer", _STILL),
    "duplicates": Metric(
        "contacts are most likely in it already", _PERSON, "more",
        "see what makes new contacts there without looking for the old one",
    ),
    "duplicate_causes": Metric("contacts are there twice for this reason: {subject}", _PERSON),
    "anonymous_orders": Metric(
        "orders name nobody", _uses("orders identifiers"), "more", "map their e-mail, phone or account"
    ),
    "unrated": Metric(
        "orders are in {subject}, which has no rate, so they count in no sum of money", _uses("orders base_total"),
        "more", "add `- {currency: {subject}, rate: ...}` to `rates` in the project file",
    ),
    "no_currency": Metric(
        "orders are in {subject}, which is no currency of ISO 4217, so they count in no sum of money",
        _uses("orders base_total"), "more",
        "is the right column mapped? `currency: {column: ..., words: {...}}` in the source's map says what words mean",
    ),
    "unpriced": Metric(
        "orders have no total that can be read, so they count in no sum of money", _uses("orders base_total"), "more",
        "is the right column mapped?",
    ),
    "unrated_claims": Metric(
        "sums of what was bought are in {subject}, which has no rate, so they are compared with no order",
        _uses("claims base_revenue"), "more",
        "say what one is worth in `rates` of the project file, or map the currency of the source's `claims`",
    ),
    "unplaced": Metric(
        "events that name a source, medium or campaign are of no channel that is known",
        _uses("touches spellings events utm_source utm_medium campaign"), "more",
        "say what the words mean: `channels: {word: email}` in the project file",
    ),
    "unplaced_words": Metric("events name a source and medium of no channel that is known: {subject}"),
    "consents": Metric("statements about consent say {subject}", _uses("consents")),
    "conflicts": Metric(
        "customers have sources that contradict each other about {subject}",
        _uses("permissions members consents"), "more", "`clew profile CUSTOMER` shows who said what",
    ),
    "shared": Metric(
        "values of type {subject} are shared by too many people to link by", _uses("shared_values identifiers"), "more",
        "`clew audit` lists them: is one of them a placeholder?",
    ),
    "identifiers": Metric(
        "of type {subject} on average", _uses("members identifiers"), "either",
        "`clew changes` tells of other rules",
    ),
    "customers": Metric("customers", _uses("members"), "either", "`clew changes` tells of other rules"),
    "largest": Metric(
        "records make up the largest customer", _uses("members"), "more",
        "see whether what joins them is one person's: `clew how CUSTOMER`",
    ),
    "stitched": Metric(
        "anonymous events were led home by a session or device", _TIES, "fewer",
        "something should tie web analytics to the shop: user ids at login, order numbers at purchase, or a customer's "
        "id in the links of messages; see that the export holds one of them and that its column is mapped",
    ),
    "owned": Metric(
        "events are known to be a customer's", _TIES, "fewer", "see whether what names the customer is still exported"
    ),
    "refunded": Metric(
        "of what was sold in the 30 days up to {subject} was refunded", _SOLD, "more", "see what is sent back, and why"
    ),
    "refunds": Metric(
        "orders of the 30 days up to {subject} have a refund", _SOLD, "more", "see what is sent back, and why"
    ),
    "churn": Metric(
        "active customers have lapsed in the 30 days up to {subject}", _SOLD, "more",
        "see who, and what they bought last",
    ),
    "claimed": Metric("of the revenue that it claims: {subject}", _CLAIMED),
    "claimants": Metric("customers of whom it claims any: {subject}", _CLAIMED),
    "mismatch": Metric(
        "revenue, of which it or the shop knows, is not known to both", _CLAIMED, "more",
        "the shop's word counts; `clew measure reconciliation` lists whose differs",
    ),
}  # fmt: skip
#: Metrics by period, whose history is in the run itself; the others' is in the runs before.
BY_PERIOD = ("refunded", "refunds", "churn")
#: Metrics that are amounts of money.
MONEY = ("refunded", "claimed", "mismatch")
#: What a field of a record is called in maps, where the profiler calls it otherwise.
FIELDS = {"first": "first_name", "last": "last_name"}
