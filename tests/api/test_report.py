"""The report of small shops, parsed as a browser would: its numbers are those of the measures."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from justhtml import Element, JustHTML
from typer.testing import Result

from api.project import Project, open_project
from api.render.words import amount, percent
from api.results import Demo
from engine.errors import ConfigError, StateError

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"
PROJECT = """
name: 'Shop {hostile}'
sources:
  - path: contacts.csv
    map:
      record:
        key: id
        name: name
        identifiers: [{{type: email, column: email}}]
        extras: {{segment: segment}}
  - path: orders.csv
    map:
      record: {{kind: order, key: id, name: name, seen_at: at, identifiers: [{{type: email, column: email}}]}}
      order: {{number: id, at: at, currency: currency, total: total, refunded: refunded, status: status}}
  - path: visits.csv
    preset: events
rates: [{{currency: EUR, rate: 2}}]
"""
HEADS = {
    "contacts.csv": "id,name,email,segment",
    "orders.csv": "id,name,email,at,currency,total,refunded,status",
    "visits.csv": "id,type,at,email,utm_source,utm_medium,campaign",
}


def made(
    folder: Path, contacts: list[str], orders: list[str] | None = None, visits: list[str] | None = None
) -> Project:
    """A project that was run."""
    for (file, head), rows in zip(HEADS.items(), (contacts, orders or [], visits or []), strict=True):
        (folder / file).write_text("\n".join([head, *rows]) + "\n")
    (folder / "clew.yaml").write_text(PROJECT.format(hostile=HOSTILE))
    project = open_project(folder)
    project.run()
    return project


class Page:
    """A parsed report."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.tree = JustHTML(html, sanitize=False, collect_errors=True)
        assert not self.tree.errors

    def all(self, selector: str) -> list[Element]:
        return [node for node in self.tree.query(selector) if isinstance(node, Element)]

    def texts(self, selector: str) -> list[str]:
        return [" ".join(node.to_text().split()) for node in self.all(selector)]

    def chart(self, title: str) -> list[list[str]]:
        """The rows of the chart, or table, of that title; several bars are one cell."""
        (found,) = (figure for figure in self.all("figure") if figure.query("h3")[0].to_text().startswith(title))
        rows = [row for row in found.query("tbody tr") if isinstance(row, Element)]
        return [[" ".join(c.to_text().split()) for c in row.query("th, td") if isinstance(c, Element)] for row in rows]

    def fact(self, name: str) -> str:
        """The number under a name, with the words beside it."""
        (found,) = (node for node in self.all(".facts div") if node.query("dt")[0].to_text().startswith(name))
        return " ".join(found.query("dd")[0].to_text().split())


def reported(project: Project, tmp_path: Path) -> Page:
    file = tmp_path / "page.html"
    found = project.report(file)
    assert found.bytes == file.stat().st_size
    return Page(file.read_text(encoding="utf-8"))


def rows(project: Project, name: str) -> list[dict[str, object]]:
    return list(project.measure(name).rows.to_pylist())


@pytest.fixture(scope="module")
def demo(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report of the demo."""
    return reported(project, tmp_path_factory.mktemp("report"))


def test_its_channels_are_those_of_the_measure(demo: Page, project: Project) -> None:
    channels = [row for row in rows(project, "channels") if row["buyers"]]
    assert len(channels) > 3
    for title, column, text in (
        ("Revenue by channel", "revenue", amount),
        ("Repeat rate", "repeat_rate", percent),
        ("Lifetime value", "ltv", amount),
    ):
        shown = {name: value for name, value, _ in demo.chart(title)}
        assert shown == {row["acquired_by"]: text(row[column]) for row in channels}  # type: ignore[arg-type]


def test_its_totals_are_those_of_the_buyers(demo: Page, project: Project) -> None:
    buyers = [row for row in rows(project, "buyers") if row["purchases"]]
    spent = [float(str(row["ltv"])) for row in buyers if row["ltv"] is not None]
    assert demo.fact("Buyers").split()[0] == f"{len(buyers):,}"
    assert demo.fact("Net revenue").split()[0] == amount(sum(spent))
    assert demo.fact("Worth of a buyer").split()[0] == amount(sum(spent) / len(spent))
    again = sum(int(str(row["purchases"])) > 1 for row in buyers)
    assert demo.fact("Bought again").startswith(percent(again / len(buyers)))
    assert ("value in USD is known" in demo.html) == (len(spent) < len(buyers))


def test_its_cohorts_are_those_of_the_measure(demo: Page, project: Project) -> None:
    sizes: dict[str, int] = {}
    active: dict[tuple[str, int], int] = {}
    for row in rows(project, "cohorts"):
        month, since = f"{row['cohort']:%Y-%m}", int(str(row["months"]))
        active[month, since] = active.get((month, since), 0) + int(str(row["active"]))
        sizes[month] = active.get((month, 0), 0)
    shown = demo.chart("By month of the first order")
    assert 12 < len(shown) <= 24
    for month, buyers, *cells in shown:
        assert buyers == f"{sizes[month]:,}"
        for since, cell in enumerate(cells, 1):
            assert cell in ("", f"{active.get((month, since), 0) / sizes[month] * 100:.0f}")
    assert any(cell not in ("", "0") for _, _, *cells in shown for cell in cells)
    assert shown[-1][2:] == [""] * 12  # the newest month's future


def test_revenue_by_month_is_that_of_the_measure(demo: Page, project: Project) -> None:
    measured = {f"{r['month']:%Y-%m}": r for r in rows(project, "revenue_quality") if r["month"] is not None}
    shown = demo.chart("Revenue by month")
    assert len(shown) == min(24, len(measured))
    for month, kept, back, *_ in shown:
        assert (kept, back) == (amount(measured[month]["net"]), amount(measured[month]["refunded"]))  # type: ignore[arg-type]


def test_it_names_nobody_and_asks_for_nothing(demo: Page, project: Project, shop_words: set[str]) -> None:
    assert len(shop_words) > 150
    text = demo.tree.to_text()
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w", text)
    assert not {word for word in re.findall(r"[\w@.+-]+", text) if word in shop_words}
    assert not demo.all("script, img, iframe, object, link, [src], [style]")
    assert {(node.attrs["href"] or "")[0] for node in demo.all("a")} == {"#"}
    assert "http" not in text
    assert len(demo.html) < 1_000_000


@pytest.fixture(scope="module")
def shop_words(project: Project) -> set[str]:
    """E-mails, phones and customer ids of the demo."""
    with project:
        found = {str(value) for row in rows(project, "buyers") for value in (row["customer_id"],)}
    for file in ("shopify_customers.csv", "hubspot_contacts.csv"):
        found |= set(re.findall(r"[\w.+-]+@[\w.-]+|\+\d{8,}", (project.root / file).read_text()))
    return found


def test_each_part_says_as_of_when_and_where_its_numbers_are_defined(demo: Page, project: Project) -> None:
    run = project.status().run
    assert run is not None
    sections = [node for node in demo.all("main > section") if node.attrs["id"] != "definitions"]
    assert len(sections) >= 7
    for section in sections:
        (said,) = (node for node in section.query(".from") if isinstance(node, Element))
        assert re.search(rf"As of 20\d\d-\d\d-\d\d · run {run.run_id}", said.to_text())
        assert section.query(".says")
    defined = {node.attrs["id"] for node in demo.all(".definition")}
    assert {f"measure-{name}" for name in ("channels", "cohorts", "buyers", "revenue_quality")} <= defined


def test_the_same_run_makes_the_same_page(project: Project, demo: Page, tmp_path: Path) -> None:
    assert reported(project, tmp_path).html == demo.html


def test_what_people_wrote_is_text(tmp_path: Path) -> None:
    contacts = [f'{n},Ann Ames,ann{n}@mail.com,"{HOSTILE}"' for n in range(3)]
    orders = [f"o{n},Ann Ames,ann{n}@mail.com,2026-0{n + 1}-01 10:00:00,USD,50,0,paid" for n in range(3)]
    visits = [f'v{n},visit,2026-01-01 09:00:00,ann{n}@mail.com,"{HOSTILE}","{HOSTILE}","{HOSTILE}"' for n in range(3)]
    visits.insert(0, "w,visit,2025-12-01 09:00:00,ann1@mail.com,google,cpc,ann1@mail.com")

    with made(tmp_path, contacts, orders, visits) as project:
        page = reported(project, tmp_path)
    assert not page.all("script, img, [onerror]")
    assert page.all("h1")[0].to_text().startswith(f"Shop {HOSTILE}")
    links = page.chart("Campaign links that say no known channel")
    assert [f"{HOSTILE} / {HOSTILE} / {HOSTILE}", "3"] in links
    assert "ann1" not in page.html
    assert HOSTILE in [row[0] for row in page.chart("CRM segments")]


def test_a_shop_without_orders_and_events_says_so(tmp_path: Path) -> None:
    with made(tmp_path, ["1,Ann Ames,ann@mail.com,", "2,Bob Byrd,bob@mail.com,"]) as project:
        page = reported(project, tmp_path)
    assert page.fact("Customers").startswith("2")
    said = " ".join(page.texts(".says"))
    assert said.count("There is no order yet") == 5
    assert "No reminder of a cart was sent" in said
    assert "None of them has bought anything yet" in said
    assert not page.all("main > section:not(#health) figure")


def test_one_customer_with_one_order(tmp_path: Path) -> None:
    order = "7,Ann Ames,ann@mail.com,2026-05-01 10:00:00,USD,80,30,paid"
    with made(tmp_path, ["1,Ann Ames,ann@mail.com,", "2,Annie Ames,ann@mail.com,"], [order]) as project:
        page = reported(project, tmp_path)
    assert "1 customer." in page.texts(".says")[0]
    assert page.chart("Revenue by channel") == [["unknown", "50.00", "100 %"]]
    assert page.chart("By month of the first order") == [["2026-05", "1", *[""] * 12]]
    assert page.chart("Revenue by month") == [["2026-05", "50.00", "30.00", "0.00"]]


def test_currencies_count_at_their_rates_and_those_without_one_are_named(tmp_path: Path) -> None:
    orders = [
        f"{n},{who},2026-05-0{n} 10:00:00,{currency},10,0,paid"
        for n, (currency, who) in enumerate(
            [*((c, "Ann Ames,ann@mail.com") for c in ("USD", "EUR", "CHF")), ("CHF", "Bob Byrd,bob@mail.com")], 1
        )
    ]
    with made(tmp_path, ["1,Ann Ames,ann@mail.com,", "2,Bob Byrd,bob@mail.com,"], orders) as project:
        page = reported(project, tmp_path)
    assert page.fact("Net revenue, USD").startswith("30.00")
    assert "Without a rate into USD: orders 2 in CHF." in " ".join(page.texts(".says"))
    known = "of the 1 buyer with an order whose value in USD is known"
    assert page.fact("Worth of a buyer, USD") == f"30.00 30.00 before; {known}"
    assert f"The worth is {known}." in " ".join(page.texts("#unification figure"))


def test_what_is_defined_otherwise_since_a_run_is_noted(copy: Path, tmp_path: Path) -> None:
    with open_project(copy) as project:
        first = reported(project, tmp_path)
        assert not first.all(".note:not(#health *)")
        assert "From run to run" not in first.html
    with (copy / "clew.yaml").open("a") as file:
        file.write("\nrates: [{currency: EUR, rate: 1.1}]\n")
    with open_project(copy) as project:
        run = project.run().run_id
        page = reported(project, tmp_path)
    assert len(page.chart("From run to run")) == 2
    notes = {node.attrs["id"]: node.query(".note") for node in page.all("main > section")}
    assert {name for name, found in notes.items() if found} >= {"short", "channels", "quality"}
    (note,) = (node for node in notes["channels"] if isinstance(node, Element))
    assert note.to_text().startswith(f"Since run {run} of 20")
    assert [node.to_text() for node in note.query("code")] == ["rates.EUR", "clew changes"]


def test_what_a_crm_claims_stands_beside_the_orders(demo: Page, project: Project) -> None:
    measured = rows(project, "reconciliation")
    shown = demo.chart("How claims compare")
    assert sum(int(row[2].replace(",", "")) for row in shown) == len(measured) > 0
    agree = [row for row in measured if row["outcome"] == "agrees"]
    assert [row[2] for row in shown if row[1] == "both say the same"] == [f"{len(agree):,}"]


def test_how_the_data_stand_is_what_health_says(demo: Page, project: Project) -> None:
    health = project.health()
    bad = [f for f in health.findings if f.grade != "ok"]
    words = {"fail": "fails", "warn": "warning", "ok": "well"}
    assert [(said.split()[0], grade) for said, grade in demo.chart("To look at")] == [
        (f.said.split()[0], words[f.grade]) for f in bad[:15]
    ]
    assert [row[:3] for row in demo.chart("Sources")] == [
        [s.source, words[s.grade], f"{s.rows:,}"] for s in health.sources
    ]
    assert demo.fact("Rows read").startswith(f"{sum(s.rows for s in health.sources):,}")
    (stitched,) = (s for s in health.series if s.metric == "stitched")
    assert stitched.now
    assert demo.fact("Led home").startswith(percent(stitched.now.number))
    (churn,) = (s for s in health.series if s.metric == "churn")
    assert [(row[0], row[3]) for row in demo.chart("Refunds and churn")] == [
        (p.label, percent(p.number)) for p in churn.points
    ]
    notes = [" ".join(node.to_text().split()) for node in demo.all("#health .note")]
    assert notes[0] == "this is the first run that was measured: what changes from run to run can't be judged yet"


def test_it_can_be_as_of_an_earlier_time(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    project.report(file, datetime(2026, 3, 31, tzinfo=UTC))
    page = Page(file.read_text(encoding="utf-8"))
    assert "As of 2026-03-31" in page.texts(".from")[0]
    assert page.chart("Revenue by month")[-1][0] == "2026-03"


def test_an_earlier_report_is_written_over_and_nothing_else(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    project.report(file)
    project.report(file)
    mine = tmp_path / "mine.html"
    mine.write_text("<!doctype html><p>My homepage</p>")
    with pytest.raises(ConfigError, match=r"mine\.html: is there already and is no page of Clew's"):
        project.report(mine)
    assert mine.read_text().endswith("homepage</p>")
    (tmp_path / "empty.html").touch()
    project.report(tmp_path / "empty.html")
    for name, said in (("r.pdf", r"should end in \.html"), ("no/r.html", "make it first")):
        with pytest.raises(ConfigError, match=said):
            project.report(tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"r.html", "mine.html", "empty.html"}


def test_before_the_first_run_there_is_nothing_to_report(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("id,name,email\n1,Ann,ann@mail.com\n")
    (tmp_path / "clew.yaml").write_text("sources: [{path: contacts.csv, preset: contacts}]")
    with open_project(tmp_path) as project, pytest.raises(StateError, match="nothing has been run yet"):
        project.report(tmp_path / "r.html")


def test_the_command(clew: Callable[..., Result], shop: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = clew("-p", shop.project, "report")
    assert found.exit_code == 0, found.stderr
    assert "clew-report.html: a page of run" in found.stdout
    assert (tmp_path / "clew-report.html").exists()
    assert clew("-p", shop.project, "report", tmp_path / "r.txt").exit_code == 2
