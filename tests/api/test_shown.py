"""Whatever a Project gives back shows itself in a notebook and becomes a table, in one way."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.found import Estimate
from api.project import Project
from api.results import Demo
from api.shown import Shown
from engine.errors import ConfigError, NotFoundError
from tests.child import run_apart

JOHN = "john@email.com"

#: What is asked, by the method that is -> words that a notebook shows, and columns of the table.
ASKED: dict[str, tuple[Callable[[Project, Demo], Shown], str, set[str]]] = {
    "status": (lambda p, d: p.status(), "records", {"run_id", "records", "changed"}),
    "runs": (lambda p, d: p.runs(), "published", {"run_id", "status"}),
    "whois": (lambda p, d: p.whois(JOHN), "John Doe", {"type", "value", "confidence"}),
    "customer": (lambda p, d: p.customer(JOHN), "Golden record", {"type", "value", "confidence"}),
    "why": (lambda p, d: p.why(JOHN, "zendesk_users:555123456700"), "bits", {"comparison", "bits"}),
    "how": (lambda p, d: p.how(JOHN), "John Doe", {"match", "left", "right"}),
    "timeline": (lambda p, d: p.timeline(JOHN), "order", {"at", "kind"}),
    "history": (lambda p, d: p.history(JOHN), "created", {"at", "kind"}),
    "search": (lambda p, d: p.search("john doe"), "John Doe", {"customer_id", "name"}),
    "measure": (lambda p, d: p.measure("channels"), "acquired_by", {"acquired_by", "revenue"}),
    "health": (lambda p, d: p.health(), "shopify_orders", {"grade"}),
    "review": (lambda p, d: p.review(3), "doubtful pairs", {"record_a", "record_b"}),
    "evaluate": (lambda p, d: p.evaluate(d.folder / "truth.csv"), "precision", {"of", "precision", "recall"}),
    "calibrate": (lambda p, d: p.calibrate(d.folder / "truth.csv"), "probability", {"predicted", "true"}),
    "estimate": (lambda p, d: p.estimate(), "false merges", {"threshold", "precision", "false_splits"}),
    "evaluate, labels": (lambda p, d: p.evaluate(), "label", {"name", "value"}),
    "sql": (lambda p, d: p.sql("SELECT 7 AS n, count(*) AS held FROM members"), "held", {"n", "held"}),
    "whois_brief": (lambda p, d: p.whois_brief([JOHN]), "John Doe", {"customer_id", "name", "confidence"}),
    "whois_each": (lambda p, d: p.whois_each([JOHN, "nobody@nowhere.org"]), "1 of 2 texts", {"asked", "status"}),
    "profile": (lambda p, d: p.profile(JOHN), "Golden record", {"field", "value"}),
    "drawing": (lambda p, d: p.drawing(p.customer(JOHN).customer_id, 5), "5 nodes", {"id", "kind", "label"}),
    "audit": (lambda p, d: p.audit(), "shopify_orders", {"source", "records"}),
    "blocking": (lambda p, d: p.blocking(), "same e-mail", {"rule", "pairs"}),
    "run": (lambda p, d: d.run, "By source", {"source", "records"}),
    "demo": (lambda p, d: d, "made-up shop", {"source", "records"}),
    "changes": (lambda p, d: p.changes(), "", {"run_id", "changes"}),
    "decisions": (lambda p, d: p.decisions(), "Nobody has decided", {"entry", "left", "right"}),
    "verify": (lambda p, d: p.verify(), "entries", {"value"}),
    "happened": (lambda p, d: p.happened(), "created", {"cursor", "kind", "target"}),
    "whois_as_of": (lambda p, d: p.whois_as_of(JOHN, "2999-01-01"), "Records then", {"record_id"}),
    "access": (lambda p, d: p.access(JOHN), "Held about", {"field", "value"}),
    "erase": (lambda p, d: p.erase(JOHN), "would be erased", {"name", "value"}),
    "prune": (lambda p, d: p.prune(1, dry_run=True), "nothing to remove", {"runs", "bytes", "kept"}),
    "audience": (lambda p, d: p.audience("newsletter"), "may be written to", {"purpose", "reached"}),
    "keys": (lambda p, d: p.keys(), "There are no keys", {"key_id", "name", "scopes"}),
}
#: The same of what writes something, on a copy.
WRITTEN: dict[str, tuple[Callable[[Project, Path], Shown], str, set[str]]] = {
    "plan": (lambda p, f: p.plan(threshold=6), "Customers", {"name", "before", "after"}),
    "compare": (lambda p, f: p.compare(after=_planned(p)), "Customers", {"name", "before", "after"}),
    "explain_shift": (lambda p, f: p.explain_shift("ltv", until=_planned(p)), "Made by", {"name", "value"}),
    "publish": (lambda p, f: p.publish(), "nothing to do", {"name", "value"}),
    "audiences": (lambda p, f: p.audiences(f), "Whom to write to", {"purpose", "channel"}),
    "report": (lambda p, f: p.report(f / "page.html"), "open it in a browser", {"file", "bytes"}),
    "export_members": (lambda p, f: p.export_members(f / "members.csv"), "rows of run", {"file", "run_id", "rows"}),
    "export_neo4j": (lambda p, f: p.export_neo4j(f / "graph"), "neo4j-admin", {"name", "value"}),
    "export_measures": (lambda p, f: p.export_measures(f), "Parquet", {"name", "value"}),
    "label": (lambda p, f: p.label(*_pair(p), same=True), "one person", {"record_a", "record_b", "same"}),
    "decide": (lambda p, f: p.decide("different", *_pair(p)), "two people", {"value"}),
    "create_key": (lambda p, f: p.create_key("notebook", ["read"]), "may read", {"key_id", "scopes"}),
    "revoke_key": (lambda p, f: p.revoke_key(p.create_key("x", ["read"]).key.key_id), "revoked", {"key_id", "ended"}),
}


#: What gives plain values, or what isn't Clew's own.
PLAIN = {"addressees", "expected_seconds", "linker"}


def _planned(project: Project) -> str:
    """A plan to speak of."""
    return project.plan(threshold=6).plan_id


def _pair(project: Project) -> tuple[str, str]:
    """Two records to speak of."""
    (pair,) = project.review(1).pairs
    return pair.record_a, pair.record_b


@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_is_a_page_and_a_table(project: Project, shop: Demo, asked: str) -> None:
    ask, words, columns = ASKED[asked]
    found = ask(project, shop)
    shown = found._repr_mimebundle_()
    assert words in shown["text/plain"]
    assert words in shown["text/html"].replace("&nbsp;", " ")
    assert shown["text/html"].startswith("<pre")
    table = found.to_arrow()
    assert columns <= set(table.column_names)
    assert found.to_pandas().shape == found.to_polars().shape == table.shape
    assert isinstance(found.to_dict(), dict)  # type: ignore[attr-defined]


@pytest.mark.parametrize("asked", WRITTEN)
def test_an_answer_that_writes_is_a_page_and_a_table(copy: Path, tmp_path: Path, asked: str) -> None:
    ask, words, columns = WRITTEN[asked]
    folder = tmp_path / "written"
    folder.mkdir()
    with Project(copy) as project:
        found = ask(project, folder)
    shown = found._repr_mimebundle_()
    assert words in " ".join(shown["text/plain"].split())
    assert shown["text/html"].startswith(("<pre", "<iframe"))
    table = found.to_arrow()
    assert columns <= set(table.column_names)
    assert found.to_pandas().shape == found.to_polars().shape == table.shape


def test_no_answer_is_forgotten() -> None:
    """Each method gives what one that is asked above gives, and so is a page and a table."""
    made = {name: m for kind in Project.__mro__[1:-2] for name, m in vars(kind).items() if not name.startswith("_")}
    gives = {name: inspect.signature(method).return_annotation for name, method in made.items()}
    asked = {gives[name.split(",")[0]] for name in {**ASKED, **WRITTEN}.keys() - {"demo"}}
    assert {name for name, answer in gives.items() if answer not in asked} == PLAIN


def test_a_key_is_in_no_notebook(copy: Path) -> None:
    with Project(copy) as project:
        found = project.create_key("notebook", ["read"])
    assert found.text not in repr(found) + str(found._repr_mimebundle_())


def _contrast(one: str, other: str) -> float:
    """How well one colour stands out from another, by WCAG 2."""
    shares = ([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in (one, other))
    linear = ([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in share] for share in shares)
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear)
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_read_in_a_light_and_in_a_dark_notebook(project: Project) -> None:
    shown = [
        p._repr_mimebundle_()["text/html"]
        for p in (project.customer(JOHN), project.why(JOHN, "zendesk_users:555123456700"))
    ]
    colours = set(re.findall(r"color: (#[0-9a-f]{6})", "".join(shown)))
    assert len(colours) >= 3
    assert min(_contrast(colour, page) for colour in colours for page in ("#ffffff", "#111111")) >= 4


def test_a_notebook_has_room_for_the_names_of_sources(project: Project) -> None:
    audit = project.audit()
    shown = re.sub("<[^>]*>", "", audit._repr_mimebundle_()["text/html"]).split("\n\n")[0]
    assert [line.split()[0] for line in shown.splitlines()[2:]] == [source.source for source in audit.sources]


def test_what_is_left_out_of_a_page_is_said_to_be_had_from_python_too(project: Project) -> None:
    audit = project.audit()
    assert "more pairs; --json, or to_dict(), has them all" in audit._repr_mimebundle_()["text/plain"]
    assert len(audit.to_dict()["overlaps"]) == audit.to_arrow("overlaps").num_rows > 16


def test_what_the_users_data_says_is_no_html(project: Project) -> None:
    shown = project.sql("SELECT '<script>alert(1)</script>' AS said")._repr_mimebundle_()
    assert "<script>" not in shown["text/html"]
    assert "&lt;script&gt;" in shown["text/html"]


def test_any_part_becomes_a_table(project: Project) -> None:
    audit = project.audit()
    assert "shopify_orders" in audit._repr_mimebundle_()["text/plain"]
    assert {"source", "rows", "identifiers"} <= set(audit.to_polars().columns)
    steps = audit.to_arrow("steps").to_pylist()
    assert [row["step"] for row in steps] == ["view", "add_to_cart", "begin_checkout", "purchase"]
    assert all(row["share"] == row["known"] / row["visitors"] for row in steps)
    assert audit.to_arrow("gain").num_rows == 1
    assert audit.to_arrow("gain.note").to_pylist() == [{"value": audit.gain.note}]
    assert project.runs().to_arrow("plans").num_rows == 0
    # Of nothing, and of what there are none, the columns are the same.
    nobody = project.search("xyzzyx")
    assert nobody.to_arrow().num_rows == 0
    assert nobody.to_arrow().column_names == project.search("john doe").to_arrow().column_names
    evidence = project.why(JOHN, "zendesk_users:555123456700")
    none = dataclasses.replace(evidence, path=None)
    assert none.to_arrow().schema == evidence.to_arrow().schema
    assert none.to_pandas()["bits"].sum() == 0
    assert dataclasses.replace(project.blocking(), rules=()).to_pandas().nlargest(1, "found").empty
    assert dataclasses.replace(project.review(1), pairs=()).to_arrow().column_names[:2] == ["record_a", "record_b"]
    answer = project.whois(JOHN)
    several = dataclasses.replace(answer, customer=None)
    assert several.to_arrow().column_names == answer.to_arrow().column_names
    assert several.to_arrow("notes").column_names == ["value"]
    # A shop without visits has no steps, and their columns all the same.
    unseen = dataclasses.replace(audit, steps=()).to_pandas("steps")
    assert unseen.empty
    assert list(unseen.columns) == list(audit.to_pandas("steps").columns)
    assert unseen.nlargest(1, "visitors").empty


def test_a_part_that_there_isnt_is_named(project: Project) -> None:
    with pytest.raises(NotFoundError, match=r"Runs has no part 'run'; there are runs, plans"):
        project.runs().to_arrow("run")


def test_polars_is_asked_for_only_where_it_is_wanted(shop: Demo) -> None:
    """In a process of its own: whatever a test before has brought along isn't there."""
    told = run_apart(
        """
import sys
sys.modules["polars"] = None
import clew
with clew.open(sys.argv[1]) as project:
    audit = project.audit()
    print(len(audit.to_pandas("overlaps")), audit.to_arrow("steps").num_rows, project.runs().to_arrow("plans").num_rows)
    try:
        audit.to_polars()
    except clew.ClewError as error:
        print(error)
""",
        str(shop.project),
    )
    assert told[0].endswith(" 4 0")
    assert told[1] == "Polars isn't installed: pip install polars"


def test_an_estimate_is_near_the_truth(project: Project, shop: Demo) -> None:
    found: Estimate = project.estimate(truth=shop.folder / "truth.csv")
    own = found.steps[0]
    assert own.true is not None
    assert own.true.f1 == pytest.approx(project.evaluate(shop.folder / "truth.csv").pairwise.f1, abs=1e-9)
    assert own.scores.precision == pytest.approx(own.true.precision, abs=0.07)
    assert own.scores.recall == pytest.approx(own.true.recall, abs=0.05)
    recalls = [step.scores.recall or 0 for step in found.steps]
    assert recalls == sorted(recalls, reverse=True)
    # Beside the truth the table is as wide as a page, and every title whole.
    assert "true P  true R" in found._repr_mimebundle_()["text/plain"]


def test_sql_that_means_nothing_is_told(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"this isn't SQL over the run's tables: .*nothing_like_it"):
        project.sql("FROM nothing_like_it")


def test_the_linker_weighs_as_the_run_did(project: Project) -> None:
    linker: Any = project.linker()
    pairs = linker.inference.predict(threshold_match_weight=0).as_record_list()
    weights = {tuple(sorted((p["unique_id_l"], p["unique_id_r"]))): p["match_weight"] for p in pairs}
    run = project.sql("SELECT record_a, record_b, weight FROM matches WHERE stage = 'probabilistic'").rows.to_pylist()
    held = [(weights[key], row["weight"]) for row in run if (key := (row["record_a"], row["record_b"])) in weights]
    assert len(held) > 20
    assert all(ours == pytest.approx(theirs, abs=1e-5) for theirs, ours in held)
    assert "vega" in str(linker.visualisations.match_weights_chart().chart_dict["$schema"])


def test_what_a_rule_proposes_adds_up(project: Project) -> None:
    found = project.blocking()
    assert {"rule", "pairs", "alone", "found"} <= set(found.to_arrow().column_names)
    assert "same e-mail" in found._repr_mimebundle_()["text/plain"]
    rules = found.rules
    assert all(r.pairs >= r.first >= r.alone >= r.found for r in rules)
    assert rules[0].pairs == rules[0].first > 0
