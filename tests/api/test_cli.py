from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import Result

from api.project import Project
from api.results import Demo
from engine.errors import NotFoundError

Clew = Callable[..., Result]

#: What the database engine says of a full disk, in words within words.
FULL_DISK = r'{"exception_message":"Could not write file \"/x/m.csv\": No space left on device","errno":"28"}'


def test_help_groups_the_commands_and_explains_each(clew: Clew) -> None:
    text = clew("--help").stdout
    at = [text.index(f"─ {panel} ─") for panel in ("Start", "Ask", "Change", "Look after")]
    assert at == sorted(at)
    for command in (
        "init",
        "run",
        "demo",
        "whois",
        "search",
        "path",
        "why",
        "how",
        "profile",
        "timeline",
        "measure",
        "report",
        "status",
        "audit",
        "evaluate",
        "export",
        "audience",
        "train",
        "publish",
        "changes",
        "health",
    ):
        found = clew(command, "--help")
        assert found.exit_code == 0
        assert f"clew {command}" in found.stdout


def test_version(clew: Clew) -> None:
    assert clew("--version").stdout.startswith("Clew ")


def test_search_finds_him_by_half_a_misspelt_name(clew: Clew, shop: Demo, project: Project) -> None:
    found = clew("-p", shop.project, "search", "jhon", "do", "--limit", "3")
    assert (found.exit_code, found.stderr) == (0, "")
    assert max(map(len, found.stdout.splitlines())) <= 80
    assert "John Doe" in found.stdout
    assert "john, not jhon" in " ".join(found.stdout.split())
    told = clew("-p", shop.project, "search", "jhon do", "--limit", "3", "--json")
    assert json.loads(told.stdout) == project.search("jhon do", 3).to_dict()
    nobody = clew("-p", shop.project, "search", "zzzz")
    assert (nobody.exit_code, nobody.stdout.startswith("Nobody answers to zzzz")) == (0, True)
    assert clew("-p", shop.project, "search", "x", "--limit", "0").exit_code == 2


def test_whois_shows_a_card_within_80_columns(clew: Clew, shop: Demo) -> None:
    found = clew("-p", shop.project, "whois", "+1 (555) 123-4567")
    assert found.exit_code == 0
    assert found.stderr == ""
    assert max(map(len, found.stdout.splitlines())) <= 80
    assert "\x1b" not in found.stdout
    for text in ("John Doe", "Known by", "john@email.com", "Records", "John D.", "hop 1", "<- the weakest hop"):
        assert text in found.stdout


def test_global_options_may_follow_the_command(clew: Clew, shop: Demo) -> None:
    assert clew("whois", "john@email.com", "-p", shop.folder).exit_code == 0
    assert clew("whois", f"--project={shop.project}", "john@email.com").exit_code == 0


def test_whois_as_json(clew: Clew, shop: Demo) -> None:
    found = json.loads(clew("-p", shop.project, "whois", "john@email.com", "--json").stdout)
    assert found["understood"] == {"type": "email", "value": "john@email.com", "status": "known"}
    assert found["customer"]["name"] == "John Doe"
    assert {"customer_id", "records", "identifiers", "devices"} <= found["customer"].keys()
    to = {thread["to"]["type"]: thread for thread in found["threads"]}
    assert to["phone"]["probability"] > 0.5
    assert found["weakest"]["reasons"]
    assert found["several"] == []


def test_path_why_and_how_tell_of_the_same_thread(clew: Clew, shop: Demo, tmp_path: Path) -> None:
    ends = ("john@email.com", "sms_subscribers:s15551234567")
    path = clew("-p", shop.project, "path", *ends)
    assert path.exit_code == 0
    assert "hop 1" in path.stdout
    assert "What would part them" in path.stdout
    why = clew("-p", shop.project, "why", *ends, "--picture", tmp_path / "why.svg")
    assert why.exit_code == 0
    assert "in all" in why.stdout
    assert (tmp_path / "why.svg").stat().st_size > 1000
    how = clew("-p", shop.project, "how", "john@email.com")
    assert "How it came together" in how.stdout
    told = json.loads(clew("-p", shop.project, "path", *ends, "--json").stdout)
    assert told["path"]["hops"]
    grown = json.loads(clew("-p", shop.project, "how", "john@email.com", "--json").stdout)
    assert len(grown["joins"]) == grown["records"] - 1
    apart = clew("-p", shop.project, "path", "john@email.com", shop.run.example)
    assert apart.exit_code == 1
    assert "no path joins two customers" in apart.stderr


def test_whois_nobody(clew: Clew, shop: Demo) -> None:
    found = clew("-p", shop.project, "whois", "nobody@nowhere.com")
    assert found.exit_code == 1
    assert found.stdout == ""
    assert found.stderr.startswith("clew: no record holds the e-mail nobody@nowhere.com")
    assert "Traceback" not in found.stderr


def test_status_audit_evaluate_publish(clew: Clew, shop: Demo) -> None:
    given = ("-p", shop.project)
    assert shop.run.run_id in clew(*given, "status").stdout
    assert "Where identity gets lost" in clew(*given, "audit").stdout
    page = clew(*given, "evaluate", "--truth", shop.folder / "truth.csv").stdout
    for text in ("B-cubed", "How sure, and how often right", "90 to 100 %"):
        assert text in page
    assert "already" in clew(*given, "publish").stdout
    assert json.loads(clew(*given, "status", "--json").stdout)["run"]["run_id"] == shop.run.run_id
    assert json.loads(clew(*given, "audit", "--json").stdout)["gain"]["records"] == shop.run.records
    assert json.loads(clew(*given, "publish", "--json").stdout)["unchanged"] is True
    judged = json.loads(clew(*given, "evaluate", "--truth", shop.folder / "truth.csv", "--json").stdout)
    assert judged["bcubed"]["f1"] == pytest.approx(shop.evaluation.bcubed.f1)


def test_export_members_writes_the_file_and_keeps_stdout_clean(clew: Clew, shop: Demo, tmp_path: Path) -> None:
    found = clew("-p", shop.project, "export", "members", tmp_path / "m.csv")
    assert (found.exit_code, found.stdout) == (0, "")
    assert len((tmp_path / "m.csv").read_text().splitlines()) == shop.run.records + 1


def test_profile(clew: Clew, shop: Demo) -> None:
    assert "Golden record" in clew("-p", shop.project, "profile", "john@email.com").stdout
    found = json.loads(clew("-p", shop.project, "profile", "john@email.com", "--json").stdout)
    assert {f["field"] for f in found["fields"]} >= {"name", "email", "phone"}
    assert {p["channel"] for p in found["permissions"]} <= {"email", "sms"}


def test_audience(clew: Clew, shop: Demo, tmp_path: Path) -> None:
    given = ("-p", shop.project, "audience", "suppress", "--for", "cart-recovery", "--at", "2026-10-20")
    told = clew(*given, tmp_path / "s.csv").stdout
    assert "bought since" in told
    assert "to leave out" in " ".join(told.split())
    assert json.loads(clew(*given, "--json").stdout)["audience"]["purpose"] == "cart-recovery"
    told = clew("-p", shop.project, "audience", "reach", "--for", "newsletter", tmp_path / "r.csv").stdout
    assert "to write to" in " ".join(told.split())
    assert clew("-p", shop.project, "audience", "reach", "--for", "spam").exit_code == 2
    told = clew("-p", shop.project, "audience", "lists", tmp_path / "lists", "--at", "2026-10-20").stdout
    assert "to leave out" in told
    assert max(map(len, told.splitlines())) <= 80


def test_measure(clew: Clew, shop: Demo, tmp_path: Path) -> None:
    assert "cohorts" in clew("measure").stdout
    assert "paid search" in clew("-p", shop.project, "measure", "channels").stdout
    assert json.loads(clew("-p", shop.project, "measure", "channels", "--json").stdout)["rows"][0]["customers"] > 0
    assert clew("-p", shop.project, "measure", "purchases", tmp_path / "p.csv").stdout == ""
    assert (tmp_path / "p.csv").read_text().startswith("customer_id,record_id")
    assert clew("-p", shop.project, "measure", "nothing").exit_code == NotFoundError.exit_code
    assert "each a Parquet file" in clew("-p", shop.project, "export", "measures", tmp_path / "all").stdout


def test_timeline(clew: Clew, shop: Demo) -> None:
    assert "order" in clew("-p", shop.project, "timeline", "john@email.com").stdout
    moments = json.loads(clew("-p", shop.project, "timeline", "john@email.com", "--json").stdout)["moments"]
    assert {"at", "kind", "because", "confidence"} <= moments[0].keys()


def test_export_events_writes_every_event(clew: Clew, shop: Demo, tmp_path: Path) -> None:
    found = clew("-p", shop.project, "export", "events", tmp_path / "e.parquet")
    assert (found.exit_code, found.stdout) == (0, "")
    assert "events of run" in found.stderr


def test_changes_tell_of_a_reason(clew: Clew, copy: Path) -> None:
    assert "There is one run so far" in clew("-p", copy, "changes").stdout
    assert clew("-p", copy, "run", "--source", "pos_loyalty", "--reason", "New cards").exit_code == 0
    found = clew("-p", copy, "changes")
    assert (found.exit_code, found.stderr) == (0, "")
    assert "New cards" in found.stdout
    assert json.loads(clew("-p", copy, "changes", "--json").stdout)["runs"][-1]["reason"] == "New cards"


def test_health_exits_with_6_where_something_fails(clew: Clew, copy: Path) -> None:
    file = copy / "clew.yaml"
    file.write_text(f"{file.read_text()}\nhealth: {{ignore: [unrated, mismatch, spike]}}\n")
    found = clew("-p", copy, "health")
    assert (found.exit_code, found.stderr) == (0, "")
    assert "never seen" in found.stdout
    assert max(map(len, found.stdout.splitlines())) <= 80
    told = json.loads(clew("-p", copy, "health", "--json").stdout)
    assert (told["grade"], told["findings"][0]["grade"]) == ("warn", "warn")
    assert {s["source"] for s in told["sources"]} >= {"hubspot_contacts", "ga4_events"}
    assert {"metric", "points", "usual"} <= told["series"][0].keys()
    (copy / "pos_loyalty.csv").write_text("".join((copy / "pos_loyalty.csv").read_text().splitlines(keepends=True)[:9]))
    ran = clew("-p", copy, "run", "--source", "pos_loyalty")
    assert ran.exit_code == 0
    assert "pos_loyalty: 8 rows were read" in ran.stdout
    found = clew("-p", copy, "health")
    assert found.exit_code == 6
    assert "1 failure" in found.stdout.splitlines()[0]
    assert json.loads(clew("-p", copy, "health", "--json").stdout)["grade"] == "fail"


def test_run_closes_with_words_for_a_shop_owner(clew: Clew, copy: Path) -> None:
    found = clew("-p", copy, "run", "--source", "pos_loyalty")
    assert found.exit_code == 0, found.stderr
    assert "are" in found.stdout.splitlines()[0]
    assert "customers." in found.stdout.splitlines()[0]
    assert "nothing has changed" in found.stdout
    assert "clew whois C" in found.stdout
    assert found.stderr == ""


def test_train_makes_an_answer_of_its_own(clew: Clew, copy: Path, shop: Demo) -> None:
    found = clew("-p", copy, "train", "--json")
    assert found.exit_code == 0, found.stderr
    assert json.loads(found.stdout)["records"] == shop.run.records


def test_verbose_shows_the_statements_on_stderr(clew: Clew, shop: Demo, tmp_path: Path) -> None:
    found = clew("-v", "-p", shop.project, "export", "members", tmp_path / "m.csv")
    assert "COPY" in found.stderr
    assert found.stdout == ""


def test_init_says_what_it_recognised_and_what_next(clew: Clew, shop: Demo, tmp_path: Path) -> None:
    shutil.copy(shop.folder / "sms_subscribers.csv", tmp_path)
    found = clew("init", tmp_path)
    assert found.exit_code == 0
    assert "sms_subscribers" in found.stdout
    assert "run" in found.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("status",), 2, "no such file; `clew init FOLDER`"),
        (("run", "--sauce", "x"), 2, "No such option"),
        (("evaluate",), 2, "give either --truth FILE or --labels"),
        (("init", "nowhere"), 2, "not a folder"),
        (("status", "-p"), 2, "-p needs a value"),
        (("demo", "d", "--records", "5"), 2, "too small"),
        (("demo", "d", "--records", "99999999999"), 2, "more than this can make"),
    ],
)
def test_errors_are_sentences_with_an_exit_code(
    clew: Clew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = clew(*words)
    assert found.exit_code == code
    assert says in found.stderr
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_exits_2(clew: Clew, copy: Path) -> None:
    (copy / "clew.yaml").write_text("sauces: []\n")
    found = clew("-p", copy, "run")
    assert found.exit_code == 2
    assert "did you mean sources?" in found.stderr


def test_an_unknown_source_exits_1(clew: Clew, copy: Path) -> None:
    found = clew("-p", copy, "run", "--source", "zendesk_user")
    assert found.exit_code == 1
    assert "Did you mean 'zendesk_users'?" in found.stderr


def test_a_missing_file_exits_3(clew: Clew, copy: Path) -> None:
    (copy / "pos_loyalty.csv").unlink()
    found = clew("-p", copy, "run")
    assert found.exit_code == 3
    assert "pos_loyalty" in found.stderr


def test_before_the_first_run_whois_exits_5(clew: Clew, copy: Path) -> None:
    shutil.rmtree(copy / ".clew")
    told = clew("-p", copy, "status").stdout
    assert "none yet" in told
    assert "the answer above" not in told
    found = clew("-p", copy, "whois", "john@email.com")
    assert found.exit_code == 5
    assert "`clew run`" in found.stderr


def test_a_table_of_the_run_that_is_gone_is_named(clew: Clew, copy: Path, tmp_path: Path) -> None:
    (table,) = (copy / ".clew" / "runs").glob("*/members.parquet")
    table.unlink()
    found = clew("-p", copy, "export", "members", tmp_path / "m.csv")
    assert found.exit_code == 5
    assert f"{table.name} is gone or damaged. Put the run's folder back" in " ".join(found.stderr.split())
    table.write_bytes(b"no table")
    assert clew("-p", copy, "export", "members", tmp_path / "m.csv").exit_code == 5


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "stopped; what was published last, if anything, stands"),
        (RuntimeError("Query interrupted"), 130, "stopped; what was published last, if anything, stands"),
        (ValueError("john@email.com"), 70, "--debug"),
        (OSError(28, "No space left on device"), 5, "the disk is full"),
        (duckdb.IOException(FULL_DISK), 5, "clew: /x/m.csv: the disk is full"),
        (MemoryError(), 5, "not enough memory"),
        (PermissionError(13, "Permission denied", "/x/y"), 5, "/x/y: permission denied"),
    ],
)
def test_whatever_goes_wrong_is_told(
    clew: Clew, shop: Demo, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, says: str
) -> None:
    def fail(self: Project) -> None:
        raise error

    monkeypatch.setattr(Project, "status", fail)
    found = clew("-p", shop.project, "status")
    assert found.exit_code == code
    assert says in found.stderr
    assert "Traceback" not in found.stderr
    assert "john@email.com" not in found.stderr
    if code != 130:
        with_debug = clew("--debug", "-p", shop.project, "status")
        assert with_debug.exception is error


def test_the_installed_command_survives_a_reader_that_stops(shop: Demo) -> None:
    whois = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", "-p", str(shop.project), "whois", "john@email.com"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert whois.stdout is not None
    whois.stdout.close()
    assert whois.stderr is not None
    said = whois.stderr.read()
    whois.stderr.close()
    assert whois.wait() in (1, 141)
    assert said == b""
