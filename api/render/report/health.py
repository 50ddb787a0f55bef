"""How the data behind the page stand: what is wrong, each source, and what moves from run to run."""

from __future__ import annotations

from collections.abc import Iterator

from api.render.charts import Chart, Plot, lines, table
from api.render.page import Fact, Section
from api.render.report.worth import whole
from api.render.words import NOTHING, count, day, impersonal, percent
from api.report import TOP, Report
from api.results import Health
from engine.quality.history import Series

_GRADES = {"fail": "fails", "warn": "warning", "ok": "well"}
#: Shares of the whole shop that are drawn -> what they are called.
_BY_PERIOD = {"refunded": "refunded, of sales", "refunds": "orders with a refund", "churn": "customers lapsed"}
_BY_RUN = {"stitched": "anonymous events led home", "owned": "events with a customer"}


def health(found: Report) -> Section:
    """The findings of the run's health."""
    data = found.health
    bad = [f for f in data.findings if f.grade != "ok"]
    fails = sum(f.grade == "fail" for f in bad)
    passed = len(data.findings) - len(bad)
    failed = count(fails, "thing fails", "things fail") if fails else "nothing fails"
    warned = count(len(bad) - fails, "is a warning", "are warnings")
    says = (
        "Every run measures its own data, and judges them by limits and by the runs before. "
        f"In this one {failed}, {warned}, "
        f"and {count(passed, 'check')} found nothing.",
    )
    charts: list[Chart] = []
    if bad:
        rest = f"The first {TOP} of {len(bad)}: `clew health` has all." if len(bad) > TOP else ""
        charts.append(
            table(
                "To look at", ("what", "how bad"), [(_plain(f.said), _GRADES[f.grade]) for f in bad[:TOP]],
                rest, words=2,
            )
        )  # fmt: skip
    charts.append(_sources(data))
    charts += _moving(data)
    return Section(
        "health", "Pipeline health", says, tuple(_facts(data)), tuple(charts), notes=tuple(map(impersonal, data.notes))
    )


def _plain(text: str) -> str:
    """A sentence for a cell, which knows no code."""
    return impersonal(text).replace("`", '"')


def _facts(data: Health) -> Iterator[Fact]:
    rows, rejected = (sum(getattr(s, column) for s in data.sources) for column in ("rows", "rejected"))
    yield Fact("Rows read", whole(rows), f"{rejected:,} could not be read")
    for metric, name, of in (
        ("stitched", "Led home", "anonymous events"), ("owned", "With a customer", "events"),
    ):  # fmt: skip
        now = next((s.now for s in data.series if s.metric == metric), None)
        if now and now.whole:
            yield Fact(name, percent(now.number), f"of {now.whole:,.0f} {of}")


def _sources(data: Health) -> Chart:
    rows = [
        (
            s.source, _GRADES[s.grade], whole(s.rows), whole(s.rejected),
            NOTHING if s.duplicates is None else percent(s.duplicates), day(s.last_seen) or NOTHING, _days(s.behind),
            _days(s.rhythm),
        )
        for s in data.sources
    ]  # fmt: skip
    return table(
        "Sources", ("source", "state", "rows", "unreadable", "double", "newest", "days behind", "new every"), rows,
        "Double: contacts that are in it already. Behind: the other sources.", words=2,
    )  # fmt: skip


def _days(days: float | None) -> str:
    return NOTHING if days is None else f"{days:.0f}"


def _moving(data: Health) -> Iterator[Plot]:
    """Shares over time, where there is more than one of each."""
    began = {entry.run_id: f"{entry.at:%m-%d %H:%M}" for entry in data.log}
    for title, head, names, note in (
        ("Refunds and churn", "thirty days up to", _BY_PERIOD, "In periods of thirty days, up to the newest order."),
        ("From run to run", "run", _BY_RUN, "What web analytics are worth hangs on these."),
    ):
        drawn = [s for s in data.series if s.metric in names and s.source is None and s.points]
        labels = sorted({point.label for s in drawn for point in s.points})
        if len(labels) > 1:
            values = {names[s.metric]: _values(s, labels) for s in drawn}
            yield lines(
                title, head, [began.get(label, label) for label in labels], values, percent,
                lambda share: f"{share * 100:.0f} %", note,
            )  # fmt: skip


def _values(series: Series, labels: list[str]) -> list[float | None]:
    known = {point.label: point.number for point in series.points}
    return [known.get(label) for label in labels]
