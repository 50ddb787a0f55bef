"""The runs of a project, and two of them side by side."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from api.project import Project
from api.results import Demo, Planned
from engine.errors import NotFoundError, StateError


@pytest.fixture(scope="module")
def ran_parted(shop: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, run a second time with a threshold at which many customers part. It is only read."""
    folder = Path(shutil.copytree(shop.folder, tmp_path_factory.mktemp("parted") / "shop"))
    path = folder / "clew.yaml"
    path.write_text(path.read_text() + "\nlinkage: {threshold: 12}\n")
    with Project(path) as project:
        project.run()
    return folder


@pytest.fixture
def parted(ran_parted: Path, tmp_path: Path) -> Path:
    """A copy of that, to be changed."""
    return Path(shutil.copytree(ran_parted, tmp_path / "shop")) / "clew.yaml"


def test_runs_are_listed_newest_first(parted: Path, clew: Callable[..., Result]) -> None:
    with Project(parted) as project:
        newest, oldest = project.runs().runs
        assert (newest.current, oldest.current) == (True, False)
        assert newest.status == oldest.status == "published"
        assert newest.kept
        assert oldest.kept
    told = clew("-p", parted, "runs").stdout
    assert told.index(newest.run_id) < told.index(oldest.run_id)
    assert told.count("answers now") == 1
    assert json.loads(clew("-p", parted, "runs", "--json").stdout)["runs"][0]["run_id"] == newest.run_id


def test_a_difference_is_told_in_customers_money_and_audiences(parted: Path, clew: Callable[..., Result]) -> None:
    with Project(parted) as project:
        found = project.compare()
    assert [c.key for c in found.rules] == ["linkage.threshold"]
    assert not found.model
    assert found.kinds["split"] > 5
    made, resolved = (sum(kinds.values()) for kinds in (found.conflicts.made, found.conflicts.resolved))
    (conflicts,) = (f for f in found.figures if f.name == "consent conflicts")
    assert made + resolved > 0
    assert made - resolved == (conflicts.after or 0) - (conflicts.before or 0)
    told = clew("-p", parted, "diff")
    assert told.exit_code == 0
    assert "linkage.threshold: 0.0, now 12.0" in told.stdout
    assert f"{found.kinds['split']}  were parted" in told.stdout
    assert "lifetime value" in told.stdout
    assert found.conflicts.resolved.keys() | found.conflicts.made.keys() <= {"split", "unchanged"}
    for channel in found.channels:
        if channel.ltv_before is not None and channel.ltv_after is not None:
            assert sum(channel.parts.values()) == pytest.approx(channel.ltv_after - channel.ltv_before, abs=1e-4)
    assert any("split" in channel.parts for channel in found.channels)
    assert f"and {found.kinds['split'] - 1:,} more;" in clew("-p", parted, "diff", "--top", "1").stdout
    assert "newsletter by email" in told.stdout
    assert f"{found.shifts[0].before[0]} -> " in told.stdout
    assert json.loads(clew("-p", parted, "diff", "--json").stdout)["kinds"] == found.kinds


def test_a_run_is_named_by_the_beginning_of_its_id(parted: Path) -> None:
    with Project(parted) as project:
        newest, oldest = (r.run_id for r in project.runs().runs)
        # The later one as the earlier: what was parted is joined.
        back = project.compare(newest, oldest)
        assert back.kinds["merged"] == project.compare(oldest, newest).kinds["split"]
        assert project.compare(oldest[:-1] if oldest[:-1] != newest[:-1] else oldest, newest).before == oldest
        with pytest.raises(NotFoundError, match=f"{oldest}, {newest} begin so"):
            project.compare("20")
        with pytest.raises(NotFoundError, match="no one run 1999 whose tables are kept; `clew runs` lists them"):
            project.compare("1999")


def test_the_whole_of_a_comparison_is_a_table_of_one_row(parted: Path) -> None:
    with Project(parted) as project:
        found = project.compare()
    (row,) = Planned("P", None, None, (), False, found).to_arrow("comparison").to_pylist()
    assert row["largest_after"] == found.to_arrow("largest_after").to_pylist()
    assert set(row["largest_after"][0]) == {"customer_id", "records"}


def test_nothing_before_and_nothing_at_all(copy: Path, tmp_path: Path, clew: Callable[..., Result]) -> None:
    with Project(copy) as project, pytest.raises(NotFoundError, match="there is no run before"):
        project.compare()
    (copy / ".clew").rename(tmp_path / "away")
    with Project(copy) as project:
        assert project.runs().runs == ()
        with pytest.raises(StateError, match="nothing has been run yet"):
            project.compare()
    assert "There is no run yet" in clew("-p", copy, "runs").stdout


def test_the_same_run_twice_says_so(copy: Path, clew: Callable[..., Result]) -> None:
    with Project(copy) as project:
        project.run()
    told = clew("-p", copy, "diff").stdout
    assert "The same inputs, rules, decisions and model." in told
    assert "Every customer, number and audience is the same." in told


def test_a_run_is_rolled_back_and_said_what_to_do(parted: Path, clew: Callable[..., Result]) -> None:
    with Project(parted) as project:
        parted_run, first = project.runs().runs
        before = project.compare()
    refused = clew("-p", parted, "rollback", first.run_id)
    assert refused.exit_code == 5
    assert "Set back in the project file first:\n        linkage.threshold: 0.0 (today 12.0)" in refused.stderr
    parted.write_text(parted.read_text().replace("\nlinkage: {threshold: 12}\n", ""))
    done = clew("-p", parted, "rollback", first.run_id, "--reason", "too strict")
    assert done.exit_code == 0, done.stderr
    assert "came back" in " ".join(done.stdout.split()) or "merged into others" in " ".join(done.stdout.split())
    assert "comes with the next `clew run`" in " ".join(done.stdout.split())
    with Project(parted) as project:
        assert project.compare(parted_run.run_id).kinds["merged"] == before.kinds["split"]
        same = project.compare(first.run_id)
        assert not any(n for kind, n in same.kinds.items() if kind != "unchanged")
        assert project.verify().well
        status = project.status().run
        assert status is not None
        assert (status.graph, status.changed) == ("shows this run", False)
        assert not project.run().changes
    assert "too strict" in clew("-p", parted, "changes").stdout
    told = clew("-p", parted, "rollback", "1999")
    assert told.exit_code == NotFoundError.exit_code


def test_older_runs_are_pruned_and_listed_as_gone(parted: Path, clew: Callable[..., Result]) -> None:
    with Project(parted) as project:
        newest, oldest = (r.run_id for r in project.runs().runs)
    dry = clew("-p", parted, "prune", "--keep", "1", "--dry-run").stdout
    assert "1 run, 0 plans and 0 models would be removed" in dry
    assert oldest in dry
    done = clew("-p", parted, "prune", "--keep", "1", "--json")
    assert json.loads(done.stdout)["runs"] == [oldest]
    with Project(parted) as project:
        assert [(r.run_id, r.kept) for r in project.runs().runs] == [(newest, True), (oldest, False)]
        with pytest.raises(NotFoundError, match="whose tables are kept"):
            project.rollback(oldest)
        assert project.whois("john@email.com").customer is not None
        assert project.verify().well
    assert "There is nothing to remove: 1 run keeps its tables" in clew("-p", parted, "prune", "--keep", "3").stdout
    assert clew("-p", parted, "prune", "--keep", "0").exit_code == 2


def test_a_held_run_is_told_with_what_to_do(copy: Path, clew: Callable[..., Result]) -> None:
    path = copy / "clew.yaml"
    path.write_text(path.read_text() + "\nlinkage: {threshold: 12}\nbreakers: {from_customers: 10}\n")
    held = clew("-p", path, "run")
    assert held.exit_code == 7
    assert "breakers.changed_ids is 25%" in held.stderr
    with Project(path) as project:
        (waits,) = project.runs().plans
    assert f"clew apply {waits}" in held.stderr
    assert "held as a plan" in clew("-p", path, "runs").stdout
    assert "`clew run` would hold this" in clew("-p", path, "diff", "--plan", waits).stdout
    assert clew("-p", path, "apply", waits).exit_code == 0
    assert "held" not in clew("-p", path, "runs").stdout


def test_a_plan_is_shown_then_applied(copy: Path, clew: Callable[..., Result]) -> None:
    path = copy / "clew.yaml"
    with Project(copy) as project:
        before = project.status().run
    shown = clew("-p", path, "plan", "--threshold", "12", "--reason", "what if", "--top", "1")
    assert shown.exit_code == 0
    assert "linkage.threshold: 0.0, now 12.0" in shown.stdout
    assert "it says otherwise than this plan" in " ".join(shown.stdout.split())
    with Project(copy) as project:
        assert project.status().run == before
        (waits,) = project.runs().plans
        planned = project.planned(waits)
    assert f"clew apply {waits}" in shown.stdout
    assert planned.comparison.kinds["split"] > 5
    assert f"and {planned.comparison.kinds['split'] - 1:,} more; `--top N` shows N" in shown.stdout
    assert planned.reason == "what if"
    listed = " ".join(clew("-p", path, "runs").stdout.split())
    assert f"{waits} can't be applied: plan {waits} was made with other settings" in listed
    assert json.loads(clew("-p", path, "diff", "--plan", waits, "--json").stdout)["plan_id"] == waits
    refused = clew("-p", path, "apply", waits)
    assert refused.exit_code == 5
    assert "other settings than the project file has" in refused.stderr
    path.write_text(path.read_text() + "\nlinkage: {threshold: 12}\n")
    assert "says otherwise" not in clew("-p", path, "diff", "--plan", waits).stdout
    assert f"{waits}  clew apply {waits} publishes it" in clew("-p", path, "runs").stdout
    applied = clew("-p", path, "apply", waits)
    assert applied.exit_code == 0
    assert "split off" in applied.stdout
    with Project(path) as project:
        status = project.status()
        assert status.run is not None
        assert (status.run.run_id, status.run.graph, status.run.changed) == (waits, "shows this run", False)
        assert project.runs().plans == ()


def test_plans_that_others_have_overtaken_are_told_from_those_that_can_be_applied(copy: Path) -> None:
    orders = copy / "shopify_orders.csv"
    with Project(copy) as project:
        plan = project.plan().plan_id
        assert project.runs().void == ()
        text = orders.read_bytes()
        orders.write_bytes(text.replace(b"USD", b"EUR", 1))
        (void,) = project.runs().void
        assert (void.run_id, "shopify_orders.csv: not what" in void.why) == (plan, True)
        orders.write_bytes(text)
        assert project.runs().void == ()
        decided = project.block("+1 555-123-4567", actor="ann")
        assert "earlier decisions" in project.runs().void[0].why
        assert project.undo(decided.entry, actor="ann")
        project.run()
        assert [void.run_id for void in project.runs().void] == [plan]
        assert "answers now" in project.runs().void[0].why


def test_a_shift_is_explained_between_runs_or_dates(parted: Path, clew: Callable[..., Result]) -> None:
    with Project(parted) as project:
        found = project.explain_shift("repeat-rate")
        newest, oldest = project.runs().runs
        assert (found.before, found.after) == (oldest.run_id, newest.run_id)
        assert found.parts["new rules"] < 0
        assert set(map(abs, found.parts.values())) == {0, abs(found.parts["new rules"])}
        today = f"{newest.started:%Y-%m-%d}"
        assert project.explain_shift("ltv", oldest.run_id, today).after == newest.run_id
        first = f"{oldest.finished:%Y-%m-%dT%H:%M:%S.%f}"
        assert project.explain_shift("ltv", first).before == oldest.run_id
        with pytest.raises(NotFoundError, match="no run that is kept answered at 2001-01-01 23:59"):
            project.explain_shift("ltv", "2001-01-01")
    told = clew("-p", parted, "explain-shift", "--metric", "repeat-rate").stdout
    assert told.startswith("Repeat rate: ")
    assert "(new rules)" in told
    assert json.loads(clew("-p", parted, "explain-shift", "--json").stdout)["metric"] == "ltv"
