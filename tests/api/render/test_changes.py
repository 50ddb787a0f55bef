from __future__ import annotations

from datetime import datetime

from api.render.changes import OF_ONE, SHOWN, changes
from api.results import Changes
from engine.rules import Change, RunChanges
from tests.api.conftest import drawn

AT = datetime(2026, 5, 1, 9, 30)
EURO = Change(("rates", "EUR"), "1.08", "1.1")


def run(number: int, *found: Change, reason: str | None = None, known: bool = True) -> RunChanges:
    return RunChanges(f"run{number}", AT, "ann", reason, found, ("purchases",) if found else (), known)


def shown(found: Changes, everything: bool = False) -> list[str]:
    return [" ".join(line.split()) for line in drawn(changes(found, everything)).splitlines()]


def test_newest_first_and_what_awaits_the_next_run_before_all() -> None:
    new = Change(("consent", "precedence"), None, "re\x1b[2Jcent")
    lines = shown(Changes((run(1), run(2, EURO), run(3, reason="New cards")), (new,), ("purchases",)))
    assert lines == [
        "Not yet in force: the next run applies it",
        "what before after", "consent.precedence \N{EN DASH} re\N{REPLACEMENT CHARACTER}[2Jcent",
        "redefines: purchases", "", "run3 2026-05-01 09:30 UTC, by ann", "New cards",
        "", "run2 2026-05-01 09:30 UTC, by ann", "what before after", "rates.EUR 1.08 1.1", "redefines: purchases",
    ]  # fmt: skip


def test_nothing_to_tell() -> None:
    assert shown(Changes((), (), ())) == ["Nothing has been run yet."]
    assert shown(Changes((run(1),), (), ())) == ["There is one run so far, of 2026-05-01 09:30 UTC."]
    assert shown(Changes((run(1), run(2)), (), ())) == [
        "Nothing has changed: 2 kept runs, the first of 2026-05-01 09:30 UTC."
    ]
    assert "the settings of the run before are not known" in shown(Changes((run(1, reason="x", known=False),), (), ()))


def test_long_logs_are_cut_unless_all_is_wanted() -> None:
    many = tuple(Change(("rates", f"C{n}"), "1", "2") for n in range(OF_ONE + 3))
    found = Changes(tuple(run(n, *many) for n in range(SHOWN + 2)), (), ())
    assert "and 2 earlier runs; --all shows them" in shown(found)
    assert shown(found).count("and 3 more; --all shows them") == SHOWN
    assert not any("--all" in line for line in shown(found, everything=True))
