"""What campaigns and messages bring: who gets the credit, which campaigns win loyal customers, carts and reminders."""

from __future__ import annotations

from typing import Any

from api.render.charts import Chart, bars, columns, grouped, heat, table
from api.render.page import Fact, Section
from api.render.report.worth import NO_ORDERS, points, whole
from api.render.words import amount, compact, count, impersonal, percent
from api.report import Report

WAYS = ("first touch", "last touch", "lifecycle")


def campaigns(found: Report) -> Section:
    """Revenue by channel under three ways of giving credit, how stable that is, and what campaigns win."""
    title = "Campaigns and credit"
    credit = {(row["way"], row["channel"]): row for row in found.rows["attribution"]}
    if not credit:
        return Section("campaigns", title, (NO_ORDERS, *_unknown(found)), charts=_spellings(found))
    of = sorted({c for _, c in credit}, key=lambda c: (-_revenue(credit, "lifecycle", c), c))
    says = [
        "The same revenue, credited in three ways: to what first brought the customer, to the last visit or message "
        "before the order, or (lifecycle) to the first for a first order and to the last for later ones.",
        *_unknown(found),
    ]
    charts: list[Chart] = [
        grouped(
            f"Revenue credited to channels, {found.currency}", ("channel", "net"), WAYS,
            [(c, [_revenue(credit, way, c) for way in WAYS]) for c in of], amount,
            "Where the three agree, the channel may be judged by any of them.",
        )
    ]  # fmt: skip
    if stable := _stability(found, of):
        charts.append(stable)
    more = []
    if rows := found.rows["campaign_quality"]:
        rest = rows[0]["campaigns"] - len(rows)
        named = {
            (
                row["channel"],
                row["campaign"],
            ): f"{impersonal(row['campaign'], *(row['spellings'] or ()))} ({row['channel']})"
            for row in rows
        }
        charts.insert(
            1,
            bars(
                "Loyal customers by campaign", ("campaign", "bought again", "buyers"),
                [(named[row["channel"], row["campaign"]], row["repeat_rate"], whole(row["buyers"])) for row in rows],
                percent,
                "Of the buyers whose first visit or message was the campaign's, how many bought twice or more."
                + (f" {count(rest, 'more campaign')}: see campaign_quality." if rest else ""),
            ),
        )  # fmt: skip
        more.append(
            table(
                "What kind of customers campaigns bring",
                ("campaign", "customers", "buyers", "bought once", "loyal", "repeat rate", "refund rate",
                 f"revenue, {found.currency}", f"worth, {found.currency}"),
                [
                    (named[row["channel"], row["campaign"]],
                     *map(whole, (row["customers"], row["buyers"], row["one_time"], row["loyal"])),
                     percent(row["repeat_rate"]), percent(row["refund_rate"]), amount(row["revenue"]),
                     amount(row["ltv"]))
                    for row in rows
                ],
            )
        )  # fmt: skip
    more.append(
        table(
            f"Revenue and how far a channel's share of it moves from month to month ({found.currency})",
            ("channel", *(f"{way}{what}" for way in WAYS for what in (", revenue", ", moves"))),
            [
                (c, *(text for way in WAYS for text in (
                    amount(_revenue(credit, way, c)), percent(credit.get((way, c), {}).get("moves")))))
                for c in of
            ],
        )
    )  # fmt: skip
    if found.rows["message_conversion"]:
        more.append(
            table(
                f"Messages by CRM segment (money in {found.currency})",
                ("segment", "by", "sent", "opened", "clicked", "bought within 7 days", "conversion", "revenue"),
                [
                    (impersonal(row["segment"]), row["channel"],
                     *map(whole, (row["sent"], row["opened"], row["clicked"], row["converted"])),
                     percent(row["conversion"]), amount(row["revenue"]))
                    for row in found.rows["message_conversion"]
                ],
                words=2,
            )
        )  # fmt: skip
    measures = ("attribution", "attribution_months", "campaign_quality", "campaigns", "message_conversion")
    charts += _spellings(found)
    return Section("campaigns", title, tuple(says), charts=tuple(charts), more=tuple(more), measures=measures)


def _revenue(credit: dict[tuple[str, str], dict[str, Any]], way: str, channel: str) -> float:
    return credit.get((way, channel), {}).get("revenue") or 0


def _stability(found: Report, channels: list[str]) -> Chart | None:
    """Each channel's share of the last months' revenue."""
    shares = {(row["channel"], row["month"]): row["share"] for row in found.rows["attribution_months"]}
    months = sorted({month for _, month in shares})
    if len(months) < 2:
        return None

    def cell(channel: str, month: Any) -> tuple[float, bool] | None:
        share = shares.get((channel, month))
        return None if share is None else (max(0.0, share), not found.over(month))

    return heat(
        "How stable the credit is",
        ("channel", *(f"{month:%b %y}" for month in months)),
        [((channel,), [cell(channel, month) for month in months]) for channel in channels],
        points,
        "Each channel's share of the month's revenue in per cent, by lifecycle. A share that jumps from month to month "
        "is a poor guide for a budget.",
    )


def _unknown(found: Report) -> list[str]:
    rows = found.rows["unknown_campaigns"]
    if not rows:
        return []
    return [
        f"{count(rows[0]['all_touches'], 'visit or message', 'visits and messages')} under "
        f"{count(rows[0]['campaigns'], 'campaign name')} can't be told to be of any channel; they are listed below. "
        "Mend their links, or say in `channels` of the project file what their words mean."
    ]


def _spellings(found: Report) -> tuple[Chart, ...]:
    rows = found.rows["unknown_campaigns"]
    if not rows:
        return ()
    listed = [(impersonal("; ".join(row["spellings"][:3])), whole(row["touches"])) for row in rows]
    heads = "source / medium / campaign", "visits and messages"
    return (table("Campaign links that say no known channel", heads, listed),)


def carts(found: Report) -> Section:
    """What reminders of carts brought, and which should not have been sent."""
    title = "Carts and reminders"
    sent = found.rows["suppression_accuracy"]
    if not sent:
        said = "No reminder of a cart was sent to a known customer: no event says `sent` with a campaign of that name."
        return Section("carts", title, (said,))
    total = {c: sum(row[c] for row in sent) for c in ("reminders", "wrong", "held_back", "daily", "by_address")}
    won = found.rows["recovered_carts"]
    recovered, opened, revenue = (sum(row[c] or 0 for row in won) for c in ("recovered", "open_carts", "revenue"))
    says = [
        f"Of {count(total['reminders'], 'reminder')}, {total['wrong']:,} should not have gone out: they went to people "
        "who had bought already, or had opted out.",
    ]
    if total["wrong"]:
        says.append(
            f"The list of `clew audience suppress --for cart-recovery`, made every hour, would have held back "
            f"{percent(total['held_back'] / total['wrong'])} of these; one that knows addresses and not people, "
            f"{percent(total['by_address'] / total['wrong'])}."
        )
    facts = (
        Fact("Reminders", whole(total["reminders"]), f"{opened:,} of carts still open"),
        Fact("Sent wrongly", whole(total["wrong"]), f"{total['held_back']:,} the list holds back"),
        Fact("Carts recovered", whole(recovered), percent(recovered / opened) + " of open ones" if opened else ""),
        Fact(f"Recovered revenue, {found.currency}", amount(revenue), "net, within 7 days"),
    )
    months = sorted({row["month"] for row in sent})[-24:]
    labels = [f"{month:%Y-%m}" for month in months]

    def monthly(rows: list[dict[str, Any]], column: str, channel: str | None = None) -> list[float | None]:
        of = [row for row in rows if channel in (None, row["channel"])]
        return [sum(row[column] or 0 for row in of if row["month"] == month) for month in months]

    wrong, held = monthly(sent, "wrong"), monthly(sent, "held_back")
    missed = [(a or 0) - (b or 0) for a, b in zip(wrong, held, strict=True)]
    right = [(a or 0) - (b or 0) for a, b in zip(monthly(sent, "reminders"), wrong, strict=True)]
    charts: list[Chart] = [
        columns(
            "Reminders by month", "month", labels,
            {"rightly sent": right, "wrongly sent, held back by our list": held, "wrongly sent, missed by it": missed},
            whole, compact,
        )
    ]  # fmt: skip
    if recovered:
        by = {c: monthly(won, "revenue", c) for c in sorted({row["channel"] for row in won})}
        charts.append(columns(f"Recovered revenue by month, {found.currency}", "month", labels, by, amount, compact))
    return Section(
        "carts", title, tuple(says), facts, tuple(charts), measures=("suppression_accuracy", "recovered_carts")
    )
