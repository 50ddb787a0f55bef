"""The page of a plan and of two runs, parsed as a browser would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from html import unescape
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import Result

from api.project import Project, open_project
from api.render.comparison.page import page
from api.render.comparison.text import comparison
from api.render.comparison.words import figure_amount
from api.results import Planned
from engine.compare import compare
from engine.compare.result import Figure
from engine.errors import ConfigError
from tests.api.test_report import HOSTILE, Page

PROJECT = """
sources:
  - path: web.csv
    map:
      record:
        key: email
        name: name
        identifiers:
          - {type: account, system: shopify, column: id}
          - {type: email, column: email}
          - {type: phone, column: phone}
  - path: till.csv
    map: {record: {key: phone, name: name, identifiers: [{type: phone, column: phone}]}}
"""


def test_what_rounds_to_nothing_has_no_sign() -> None:
    for name, words in (("lifetime value", "0.00"), ("buyers", "0"), ("repeat rate", "0.0 points")):
        assert figure_amount(Figure(name, 1, 1, {}), -1e-9, signed=True) == words


def test_a_part_that_rounds_to_nothing_is_not_told(ran: Path) -> None:
    parts = {"revenue": {"merged": -2.0, "regrouped": -0.004}, "lifetime value": {"split": 0.001}}
    with open_project(ran) as project:
        found = compare(None, project._tables(), datetime(2026, 3, 1))
        found = replace(found, figures=tuple(replace(f, parts=parts.get(f.name, {})) for f in found.figures))
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(comparison(found))
    told = captured.get()
    assert "joining −2.00" in told
    assert "regrouping" not in told
    shown = Page(page(found).html())
    assert [row[:2] for row in shown.chart("What made revenue, USD")] == [["joining", "−2.00"]]
    assert "What made lifetime value" not in shown.html


def _shop(folder: Path) -> Project:
    (folder / "web.csv").write_text(
        "id,name,email,phone\n11,Ann Archer,ann@mail.com,415-555-2671\n12,Ann Archer,a.archer@work.com,415-555-2671\n"
        "13,Bob Baker,bob@mail.com,415-555-2672\n"
    )
    (folder / "till.csv").write_text("name,phone\nAnn Archer,(415) 555-2671\nBob Baker,4155552672\n")
    (folder / "clew.yaml").write_text(PROJECT)
    return open_project(folder)


@pytest.fixture
def unrun(tmp_path: Path) -> Project:
    """A shop, not run yet, whose records are keyed by addresses; Ann has two accounts."""
    return _shop(tmp_path)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, run once. It is only read."""
    folder = tmp_path_factory.mktemp("addressed")
    with _shop(folder) as project:
        project.run()
    return folder


@pytest.fixture
def addressed(ran: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of that, to be changed."""
    shutil.copytree(ran, tmp_path, dirs_exist_ok=True)
    with open_project(tmp_path) as project:
        yield project


def written(project: Project, found: Planned, tmp_path: Path) -> Page:
    """The page of a plan, as it is on disk."""
    file = tmp_path / "plan.html"
    done = project.write_comparison(found, file)
    assert done.run_id == found.comparison.after
    assert done.bytes == file.stat().st_size
    return Page(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def planned(project: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Planned, Page]:
    """The demo's answer as if it were a plan and nothing had been before."""
    folder = tmp_path_factory.mktemp("plan")
    compared = compare(None, project._tables(), datetime(2026, 3, 1))
    found = Planned("20260301T000000Z", "bo", "why not", ("too many",), True, compared)
    return found, written(project, found, folder)


def test_it_says_what_the_comparison_says(planned: tuple[Planned, Page]) -> None:
    found, shown = planned
    compared = found.comparison
    figures = {figure.name: figure for figure in compared.figures}
    assert shown.fact("Customers") == f"{figures['customers'].after:,.0f} 0 before"
    assert shown.chart("What became of customers") == [["are new", f"{compared.kinds['created']:,}"]]
    made = dict(row[:2] for row in shown.chart("What made customers"))
    assert made == {"new customers": f"+{figures['customers'].after:,.0f}"}
    channels = {row[0]: row[1] for row in shown.chart("Lifetime value")}
    assert channels.keys() == {channel.channel for channel in compared.channels}
    assert "clew apply 20260301T000000Z" in " ".join(shown.texts("#next .says"))
    assert shown.texts("#next .note") == ["clew run would hold this: too many"]


def test_merges_elsewhere_are_a_list_to_work_through(planned: tuple[Planned, Page]) -> None:
    found, shown = planned
    for system in found.comparison.elsewhere:
        rows = shown.chart(system.system)
        assert [row[:2] for row in rows] == [[merge.customer, merge.keep] for merge in system.named]
        assert 0 < len(rows) <= min(20, system.customers)
    notes = " ".join(shown.texts("#elsewhere .note"))
    assert "store credit" in notes
    assert "https://shopify.dev/docs/api/admin-graphql/latest/mutations/customerMerge" in notes


def test_nothing_of_it_asks_the_network_or_runs(planned: tuple[Planned, Page]) -> None:
    _, shown = planned
    assert not shown.all("script, link, img, iframe, object, form")
    assert "default-src 'none'" in shown.html
    assert not [a for a in shown.all("[href]") if not str(a.attrs["href"]).startswith("#")]


def test_no_address_is_told_though_records_are_keyed_by_them(addressed: Project, tmp_path: Path) -> None:
    found = addressed.plan(threshold=50, reason=f"asked by bob@mail.com {HOSTILE}", actor=HOSTILE)
    assert found.comparison.shifts
    assert all(shift.addressed for shift in found.comparison.shifts if shift.between)
    shown = written(addressed, found, tmp_path)
    assert "records keyed by an address, not shown" in shown.html
    body = shown.html.partition("<body")[2]
    for address in ("@", "%40", "2671", "2672", "<script>alert"):
        assert address not in body


def test_the_same_answer_twice_is_said_in_one_sentence(addressed: Project, tmp_path: Path) -> None:
    shown = written(addressed, addressed.plan(), tmp_path)
    assert shown.texts(".says")[:2] == [
        "The same inputs, rules, decisions and model.", "Every customer, number and audience is the same.",
    ]  # fmt: skip
    assert [section.attrs["id"] for section in shown.all("section")] == ["short", "next"]


def test_a_file_with_other_content_in_as_many_rows(addressed: Project, tmp_path: Path) -> None:
    till = addressed.root / "till.csv"
    till.write_text(till.read_text().replace("Bob", "Rob"))
    assert (
        "till.csv: other content, 2 rows as before." in written(addressed, addressed.plan(), tmp_path).texts(".says")[0]
    )


def test_two_runs_have_a_page_without_a_plan(addressed: Project, tmp_path: Path) -> None:
    (tmp_path / "till.csv").write_text("name,phone\nAnn Archer,(415) 555-2671\nEve Eastman,415-555-2679\n")
    addressed.run()
    compared = addressed.compare()
    shown = Page(page(compared).html())
    assert not shown.all("#next")
    assert f"in {addressed.config.currency}" in " ".join(shown.texts("header p"))
    # A notebook shows it whole, in a frame that nothing of it can leave.
    framed = compared._repr_mimebundle_()["text/html"]
    assert framed.startswith("<iframe srcdoc=")
    assert framed.split('"')[2].split()[0] == "sandbox"
    assert unescape(framed.split('"')[1]) == shown.html


def test_the_command_line_writes_it_beside_the_text(
    unrun: Project, tmp_path: Path, clew: Callable[..., Result]
) -> None:
    file = tmp_path / "plan.html"
    told = clew("-p", tmp_path, "plan", "--json", "--html", file)
    assert told.exit_code == 0
    plan = json.loads(told.stdout)
    assert f"Plan {plan['plan_id']}" in Page(file.read_text(encoding="utf-8")).texts("h1")[0]
    assert ": a page of run " in " ".join(told.stderr.split())
    (account,) = plan["comparison"]["elsewhere"]
    assert account["verdicts"] == {"choose": 1}
    assert "Shopify: 1 customer has several accounts" in clew("-p", tmp_path, "diff", "--plan", plan["plan_id"]).stdout
    # A place that won't do is told before the work, and nothing is planned.
    refused = clew("-p", tmp_path, "plan", "--html", tmp_path / "plan.pdf")
    assert refused.exit_code == 2
    assert len(list((tmp_path / ".clew" / "plans").glob("*"))) == 1
    mine = tmp_path / "mine.html"
    mine.write_text("<p>mine</p>")
    with pytest.raises(ConfigError, match=r"mine\.html: is there already and is no page of Clew's"):
        unrun.write_comparison(unrun.planned(plan["plan_id"]), mine)


def test_merges_are_written_as_rows(addressed: Project, tmp_path: Path, clew: Callable[..., Result]) -> None:
    file = tmp_path / "merges.csv"
    assert "1 account to merge of run" in " ".join(clew("-p", tmp_path, "export", "merges", file).stderr.split())
    head, row = file.read_text().splitlines()
    assert head == "customer_id,system,keep,merge,verdict,obstacle,source"
    customer, system, keep, merge, verdict, *_ = row.split(",")
    assert (customer[0], system, {keep, merge}, verdict) == ("C", "shopify", {"11", "12"}, "choose")
