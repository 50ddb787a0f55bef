"""What customers are worth: in short, before and after unification, by channel, by cohort, and how good revenue is."""

from __future__ import annotations

from datetime import date
from typing import Any

from api.render.charts import Chart, bars, columns, heat, lines, pairs, table
from api.render.page import Fact, Section
from api.render.words import amount, change, compact, count, impersonal, percent
from api.report import MONTHS, SINCE, Report

NO_ORDERS = "There is no order yet, so there is nothing to count here."
BEFORE, AFTER = "before", "with Clew"


def whole(value: float) -> str:
    """A count."""
    return f"{value:,.0f}"


def points(value: float) -> str:
    """A share without its sign, for cells."""
    return f"{value * 100:.0f}"


def _valued(found: Report) -> str:
    """Whose worth the average is, where that isn't all buyers': where orders have no rate."""
    if found.after.valued == found.after.buyers:
        return ""
    return f"of the {count(found.after.valued, 'buyer')} with an order whose value in {found.currency} is known"


def short(found: Report) -> Section:
    """The page in five numbers."""
    before, after, counts = found.before, found.after, found.manifest["counts"]
    says = [
        f"{count(counts['records'], 'record')} from {count(len(found.sources), 'source')} are "
        f"{count(after.customers, 'customer')}."
    ]
    facts = [Fact("Customers", whole(after.customers), f"{before.customers:,} before")]
    if after.buyers:
        says.append(
            f"{count(after.buyers, 'of them has', 'of them have')} bought. The shop by itself would count "
            f"{count(before.buyers, 'buyer')}, as it takes a second e-mail or a guest order for somebody new."
        )
        facts += [
            Fact("Buyers", whole(after.buyers), f"{before.buyers:,} before"),
            Fact(f"Net revenue, {found.currency}", amount(after.revenue), "the same before"),
            Fact(
                f"Worth of a buyer, {found.currency}", amount(after.ltv),
                "; ".join(filter(None, (f"{amount(before.ltv)} before", _valued(found)))),
            ),
            Fact("Bought again", percent(after.repeat_rate), f"{percent(before.repeat_rate)} before"),
        ]  # fmt: skip
    else:
        says.append("None of them has bought anything yet.")
    return Section("short", "In short", tuple(says), tuple(facts), measures=("buyers",))


def unification(found: Report) -> Section:
    """The same orders, counted in two ways."""
    title = "Before and after unification"
    before, after = found.before, found.after
    if not after.buyers:
        return Section("unification", title, (NO_ORDERS,))
    says = (
        "The same orders counted twice: by what the shop takes for a customer (its account, else the e-mail, else each "
        "order by itself), and by the people that Clew found. Revenue stays; whose it is changes.",
        f"A buyer is worth {amount(after.ltv)} {found.currency} rather than {amount(before.ltv)} "
        f"({change(before.ltv, after.ltv)}), and {percent(after.repeat_rate)} of buyers came back rather than "
        f"{percent(before.repeat_rate)}.",
    )
    names = BEFORE, AFTER
    measured = [
        ("customers", before.customers, after.customers, whole),
        ("buyers", before.buyers, after.buyers, whole),
        ("bought again", before.repeat_rate, after.repeat_rate, percent),
        (f"worth of a buyer, {found.currency}", before.ltv, after.ltv, amount),
        (f"revenue by customer, {found.currency}", before.per_customer, after.per_customer, amount),
    ]
    known = list(dict.fromkeys([*after.channels, *before.channels]))
    nobody = (0, None)
    worth = [(c, before.channels.get(c, nobody)[1], after.channels.get(c, nobody)[1], amount) for c in known]
    sizes = [(c, before.channels.get(c, nobody)[0], after.channels.get(c, nobody)[0], whole) for c in known]
    charts = (
        pairs(
            "The measures", ("measure", "value", "change"), names, measured, own_scale=True,
            note=_valued(found) and f"The worth is {_valued(found)}.",
        ),
        pairs(
            "Worth of a buyer by channel", ("channel", found.currency, "change"), names, worth,
            note="Average lifetime value, by the channel that first brought the customer.",
        ),
        pairs(
            "Buyers by channel", ("channel", "buyers", "change"), names, sizes,
            note="Unknown: no visit or message of the buyer is known. The fewer, the more your channels can be judged.",
        ),
    )  # fmt: skip
    return Section("unification", title, says, charts=charts, measures=("buyers", "channels"))


def channels(found: Report) -> Section:
    """Revenue, repeat rate and lifetime value by what brought the customer."""
    title = "What each channel brings"
    rows = [row for row in found.rows["channels"] if row["buyers"]]
    if not rows:
        return Section("channels", title, (NO_ORDERS,))
    known = [row for row in rows if row["acquired_by"] != "unknown"]
    says = ["A customer belongs to the channel of the first visit or message that is known of them."]
    if known and found.after.revenue:
        most = max(known, key=lambda row: row["revenue"] or 0)
        best = max(known, key=lambda row: row["ltv"] or 0)
        says.append(
            f"Most revenue came from customers won by {most['acquired_by']}: {amount(most['revenue'])} of "
            f"{amount(found.after.revenue)} {found.currency}. Worth most each are those won by {best['acquired_by']}: "
            f"{amount(best['ltv'])} on average, of {count(best['buyers'], 'buyer')}."
        )
    total = found.after.revenue or 0

    def by(column: str, closing: Any) -> list[tuple[str, float | None, str]]:
        return [(row["acquired_by"], row[column], closing(row)) for row in rows]

    velocity = {(row["acquired_by"], row["days"]): row for row in found.rows["retention_velocity"]}
    days = sorted({days for _, days in velocity})

    def within(channel: str, days: int) -> dict[str, Any]:
        return velocity.get((channel, days), {"share": None, "observed": 0})

    soon = [(row["acquired_by"], within(row["acquired_by"], 90)) for row in rows]
    again = [(channel, found["share"], whole(found["observed"])) for channel, found in soon]
    charts = (
        bars(
            "Revenue by channel", ("channel", f"net, {found.currency}", "share"),
            by("revenue", lambda row: percent((row["revenue"] or 0) / total) if total else ""), amount,
            "What customers won by the channel have spent, less refunds.",
        ),
        bars(
            "Repeat rate by channel", ("channel", "bought again", "buyers"),
            by("repeat_rate", lambda row: whole(row["buyers"])), percent,
            "The share of buyers with two or more orders.",
        ),
        bars(
            "Lifetime value by channel", ("channel", found.currency, "first year"),
            by("ltv", lambda row: amount(row["ltv_365"])), amount,
            "What a buyer has brought on average, to date and within 365 days of the first order.",
        ),
        bars(
            "Second order within 90 days", ("channel", "share", "of buyers"), again, percent,
            "How fast buyers come back. Only those count whose first order is 90 days old.",
        ),
    )  # fmt: skip
    more = (
        table(
            f"Channels (money in {found.currency})",
            ("channel", "customers", "buyers", "revenue", "repeat rate", "worth", "30 days", "90 days", "365 days",
             "days to second order, median", "refund rate", "bought once"),
            [
                (row["acquired_by"], *map(whole, (row["customers"], row["buyers"])), amount(row["revenue"]),
                 percent(row["repeat_rate"]), *(amount(row[c]) for c in ("ltv", "ltv_30", "ltv_90", "ltv_365")),
                 "" if row["retention_days"] is None else whole(row["retention_days"]), percent(row["refund_rate"]),
                 whole(row["one_time"]))
                for row in rows
            ],
        ),
        table(
            "Share of buyers with a second order, by days since the first",
            ("channel", *(f"{n} days" for n in days)),
            [
                (row["acquired_by"], *(percent(within(row["acquired_by"], n)["share"]) for n in days))
                for row in rows
            ],
        ),
    )  # fmt: skip
    return Section(
        "channels", title, tuple(says), charts=charts, more=more, measures=("channels", "retention_velocity")
    )


def cohorts(found: Report) -> Section:
    """Who comes back, by month of the first purchase and by CRM segment."""
    title = "Who comes back"
    months = sorted({cohort for cohort, _ in found.after.cohorts}, reverse=True)[:MONTHS]
    if not months:
        return Section("cohorts", title, (NO_ORDERS,))

    def cell(cohort: date, since: int) -> tuple[float, bool] | None:
        month = (cohort.month - 1 + since) % 12 + 1
        day = date(cohort.year + (cohort.month - 1 + since) // 12, month, 1)
        if day > found.as_of.date():
            return None
        size = found.after.cohorts[cohort, 0][0]
        return found.after.cohorts.get((cohort, since), (size, 0))[1] / size, not found.over(day)

    since = range(1, SINCE + 1)
    rows = [
        ((f"{cohort:%Y-%m}", f"{found.after.cohorts[cohort, 0][0]:,}"), [cell(cohort, n) for n in since])
        for cohort in reversed(months)
    ]
    heads = *("first order", "buyers"), *map(str, since)
    charts: list[Chart] = [
        heat(
            "By month of the first order", heads, rows, points,
            f"Of the buyers whose first order was in a month: how many in a hundred bought 1 to {SINCE} months later. "
            "Cells in italics with a dotted frame are of a month that isn't over.",
        )
    ]  # fmt: skip
    by_segment: dict[str, dict[int, dict[str, Any]]] = {}
    for row in found.rows["segment_cohorts"]:
        by_segment.setdefault(row["segment"], {})[row["months"]] = row
    if by_segment.keys() - {"none"}:
        grid = [
            (
                (impersonal(segment), f"{max(row['buyers'] for row in of.values()):,}"),
                [(of[n]["active"] / of[n]["buyers"], False) if n in of else None for n in since],
            )
            for segment, of in sorted(by_segment.items(), key=lambda item: -item[1][min(item[1])]["buyers"])
        ]
        note = "The same by what the CRM calls the customer, over all months of a first order that are long enough ago."
        charts.append(heat("By CRM segment", ("segment", "buyers", *map(str, since)), grid, points, note))
    return Section("cohorts", title, tuple(_said(found)), charts=tuple(charts), measures=("cohorts",))


def _said(found: Report) -> list[str]:
    """How many come back in the month after, and a year later."""
    rows = found.rows["segment_cohorts"]
    said = []
    for months, words in ((1, "in the month after"), (SINCE, f"{SINCE} months later")):
        of = [row for row in rows if row["months"] == months]
        if buyers := sum(row["buyers"] for row in of):
            said.append(f"{percent(sum(row['active'] for row in of) / buyers)} bought again {words}")
    return [f"Of those who bought for the first time, {' and '.join(said)}."] if said else []


def quality(found: Report) -> Section:
    """How good each month's revenue is, by storefront and by segment too."""
    title = "How good the revenue is"
    rows = found.rows["revenue_quality"]
    if not rows:
        return Section("quality", title, (NO_ORDERS,))
    gross, refunded, given = (sum(row[c] or 0 for row in rows) for c in ("gross", "refunded", "discount"))
    says = []
    if gross:
        off = f", and {percent(given / (gross + given))} given away as discounts" if given else ""
        says.append(f"Of what was sold in the months below, {percent(refunded / gross)} was paid back{off}.")
    if rows[-1]["churn_risk"] is not None:
        says.append(
            f"Of all buyers so far, {percent(rows[-1]['churn_risk'])} have lapsed: 90 days without a second order, or "
            "180 since a later one."
        )
    if left := found.rows["no_rate"]:
        listed = ", ".join(f"{row['orders']:,} in {impersonal(row['currency'])}" for row in left)
        says.append(
            f"Without a rate into {found.currency}: orders {listed}. They are counted as orders, but in no sum of "
            "money; `rates` in the project file is where to add one."
        )
    if late := found.rows["undated"]:
        orders = count(late[0]["orders"], "order is", "orders are")
        says.append(f"{orders} dated before 1995, in the future or not at all, and stand in no month here.")
    labels = [f"{row['month']:%Y-%m}" for row in rows]
    words = {
        "refund_rate": "refund rate", "discount_rate": "discount rate", "churn_risk": "lapsed buyers",
        "margin_rate": "margin rate",
    }  # fmt: skip
    rates = {words[c]: [row[c] for row in rows] for c in words if any(row[c] for row in rows)}
    charts: list[Chart] = [
        columns(
            f"Revenue by month, {found.currency}", "month", labels,
            {
                "kept": [row["net"] for row in rows],
                "paid back": [row["refunded"] for row in rows],
                "given as discounts": [row["discount"] for row in rows],
            },
            amount, compact, "A whole column is what the goods would have brought without discounts and refunds.",
        ),
        lines(
            "Rates by month", "month", labels, rates, percent, lambda share: f"{share * 100:.0f} %",
            "Refunds and discounts as a share of what was sold; lapsed buyers as a share of all buyers so far.",
        ),
    ]  # fmt: skip
    more = []
    if any(row["segment"] != "none" for row in found.rows["segment_profit"]):
        more.append(
            table(
                f"CRM segments (money in {found.currency})",
                ("segment", "customers", "buyers", "revenue", "refunded", "margin", "bought again", "lapsed"),
                [
                    (impersonal(row["segment"]), *map(whole, (row["customers"], row["buyers"])),
                     *(amount(row[c]) for c in ("revenue", "refunded", "margin")), percent(row["repeat_rate"]),
                     percent(row["churn_risk"]))
                    for row in found.rows["segment_profit"]
                ],
            )
        )  # fmt: skip
    more.append(
        table(
            f"Storefronts (money in {found.currency})",
            ("storefront", "orders", "customers", "won here", "buy elsewhere too", "gross", "refunded", "net"),
            [
                (row["storefront"], *map(whole, (row["orders"], row["customers"], row["first_here"], row["elsewhere"])),
                 *(amount(row[c]) for c in ("gross", "refunded", "net")))
                for row in found.rows["storefronts"]
            ],
        )
    )  # fmt: skip
    return Section(
        "quality", title, tuple(says), charts=tuple(charts), more=tuple(more),
        measures=("revenue_quality", "segment_profit", "storefronts"),
    )  # fmt: skip
