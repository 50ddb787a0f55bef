"""What a CRM claims was bought, beside the shop's own orders."""

from __future__ import annotations

from api.render.charts import pairs, table
from api.render.page import Section
from api.render.report.worth import whole
from api.render.words import amount, count
from api.report import Report

#: An outcome of the comparison -> what it means.
_OUTCOMES = {
    "agrees": "both say the same",
    "claims more": "the claim is higher",
    "claims less": "the claim is lower",
    "no order": "known to the shop, nothing bought",
    "never seen": "the shop has never seen them",
    "no rate": "in a currency without a rate",
}


def claims(found: Report) -> Section | None:
    """The comparison, where some source makes claims."""
    rows = found.rows["reconciliation"]
    if not rows:
        return None
    totals: dict[str, tuple[float, float]] = {}
    for row in rows:
        claimed, bought = totals.get(row["source"], (0.0, 0.0))
        totals[row["source"]] = claimed + (row["claimed"] or 0), bought + (row["bought"] or 0)
    says = ["The shop's own orders are what counts; what other systems say of them is only compared."]
    for source in totals:
        of = [row for row in rows if row["source"] == source]
        everybody, agree = (sum(row["customers"] for row in of if row["outcome"] in x) for x in (_OUTCOMES, ["agrees"]))
        says.append(f"{source} says what {count(everybody, 'customer')} bought, and is right about {agree:,} of them.")
    charts = (
        pairs(
            f"Claimed and bought, {found.currency}", ("source", "net", "change"), ("claimed", "bought"),
            [(source, claimed, bought, amount) for source, (claimed, bought) in totals.items()],
            note="Of the customers of whom the source says something.",
        ),
        table(
            f"How claims compare (money in {found.currency})", ("source", "outcome", "customers", "claimed", "bought"),
            [
                (row["source"], _OUTCOMES.get(row["outcome"], row["outcome"]), whole(row["customers"]),
                 amount(row["claimed"]), amount(row["bought"]))
                for row in rows
            ],
            "The customers themselves, largest difference first: `clew measure reconciliation`.", words=2,
        ),
    )  # fmt: skip
    return Section("claims", "What the CRM says", tuple(says), charts=charts, measures=("reconciliation",))
