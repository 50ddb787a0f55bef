# ruff: noqa: E501 - sentences are kept whole

from __future__ import annotations

import pytest

from engine.quality.checks import MANY
from tests.engine.quality.kept import Kept, Value

ROWS: Value = ("rows", "shop", None, 1000, None)


def said(kept: Kept) -> list[str]:
    return [f"{f.grade} {f.check}: {f.said}" for f in kept.bad()]


def test_a_first_run_in_order(kept: Kept) -> None:
    kept.run(ROWS)
    found = kept.judge()
    assert found.grade == "ok"
    assert {f.check for f in found.findings} >= {"rejected", "duplicates", "unstitched"}
    # Nothing is said of what can't be judged yet.
    assert not {f.check for f in found.findings} & {"fewer_rows", "emptier", "spike", "new_columns", "repurposed"}
    assert found.notes[0] == "this is the first run that was measured: what changes from run to run can't be judged yet"
    assert "of 1 numbers 1 have fewer than 5 earlier values" in found.notes[1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (("rejected", "shop", None, 5, 1000), []),
        (
            ("rejected", "shop", None, 20, 1000),
            [
                "warn rejected: shop: 20 of 1,000 rows can't be read (2.0 %); the run's table `rejects` says where and why"
            ],
        ),
        (("early", "web", "events", 0, 100), []),
        (
            ("early", "web", "events", 1, 100),
            ["warn misdated: web: 1 of 100 events are dated before 1995 (1.0 %); is a time missing there?"],
        ),
        (
            ("future", "shop", "orders", 9, 100),
            ["fail misdated: shop: 9 of 100 orders are dated in the future (9.0 %); is the time zone right?"],
        ),
        (
            ("undated", "web", "events", 40, 100),
            [
                "fail misdated: web: 40 of 100 events have no date that can be read (40.0 %); is the right column mapped? "
                "1970-01-01 and years from 2200 on count as none"
            ],
        ),
        (
            ("unrated", "shop", "GBP", 2, 400),
            [
                "warn unrated: shop: 2 of 400 orders are in GBP, which has no rate, so they count in no sum of money (0.5 %); "
                "add `- {currency: GBP, rate: ...}` to `rates` in the project file"
            ],
        ),
        (
            ("no_currency", "shop", "text of more than three letters", 2, 400),
            [
                "warn unrated: shop: 2 of 400 orders are in text of more than three letters, which is no currency of "
                "ISO 4217, so they count in no sum of money (0.5 %); is the right column mapped? "
                "`currency: {column: ..., words: {...}}` in the source's map says what words mean"
            ],
        ),
        (
            ("unrated_claims", "shop", "GBP", 2, 400),
            [
                "warn unrated: shop: 2 of 400 sums of what was bought are in GBP, which has no rate, so they are "
                "compared with no order (0.5 %); say what one is worth in `rates` of the project file, or map the "
                "currency of the source's `claims`"
            ],
        ),
        (
            ("unpriced", "shop", None, 2, 400),
            [
                "warn unrated: shop: 2 of 400 orders have no total that can be read, so they count in no sum of money "
                "(0.5 %); is the right column mapped?"
            ],
        ),
        (
            ("unplaced", "web", None, 60, 100),
            [
                "warn unplaced: web: 60 of 100 events that name a source, medium or campaign are of no channel that is "
                "known (60.0 %); say what the words mean: `channels: {word: email}` in the project file"
            ],
        ),
        (
            ("conflicts", None, "email", 60, 100),
            [
                "fail conflicts: 60 of 100 customers have sources that contradict each other about email (60.0 %); "
                "`clew profile CUSTOMER` shows who said what"
            ],
        ),
        (
            ("largest", None, None, 700, None),
            [
                "warn largest: 700 records make up the largest customer; see whether what joins them is one person's: "
                "`clew how CUSTOMER`"
            ],
        ),
        (
            ("mismatch", "shop", None, 25_000, 100_000),
            [
                "warn mismatch: shop: 25,000 of 100,000 revenue, of which it or the shop knows, is not known to both "
                "(25.0 %); the shop's word counts; `clew measure reconciliation` lists whose differs"
            ],
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_number_beyond_its_limit_is_a_sentence_with_what_to_do(kept: Kept, value: Value, expected: list[str]) -> None:
    kept.run(value)
    assert said(kept) == expected


def test_revenue_for_customers_whom_the_shop_has_never_seen(kept: Kept) -> None:
    kept.run(("claimed", "shop", "agrees", 900, 1000), ("claimed", "shop", "never seen", 100, 1000))
    (found,) = said(kept)
    assert found.startswith(
        "warn never_seen: shop: 100 of the 1,000 that it claims (10.0 %) is of customers whom the shop has never seen"
    )


def test_a_share_of_few_tells_nothing_unless_any_is_too_many(kept: Kept) -> None:
    kept.run(("unusable", "shop", "email", 3, 3), ("unrated", "shop", "GBP", 1, 3))
    assert kept.grades() == [("fail", "unrated")]


def test_bad_shares_say_what_they_are_mostly(kept: Kept) -> None:
    kept.run(
        ("duplicates", "shop", None, 30, 100),
        ("duplicate_causes", "shop", "plus-tag", 5, 100), ("duplicate_causes", "shop", "re-created", 25, 100),
        ("unusable", "shop", "email", 60, 100),
        ("unusable", "shop", "email placeholder", 20, 100), ("unusable", "shop", "email invalid", 40, 100),
        ("unplaced", "shop", None, 100, 100),
        ("unplaced_words", "shop", "house / circular", 70, 100), ("unplaced_words", "shop", "kiosk", 30, 100),
    )  # fmt: skip
    unusable, unplaced, duplicates = said(kept)
    assert unplaced.startswith("fail unplaced: shop: 100 of 100 events ")
    assert "known (100.0 %), mostly: “house / circular” (70), “kiosk” (30); say what the words mean" in unplaced
    assert unusable.startswith(
        "fail unusable: shop: 60 of 100 values of type email may not link (60.0 %), mostly: invalid (40), placeholder (20); "
    )
    assert duplicates.startswith(
        "warn duplicates: shop: 30 of 100 contacts are most likely in it already (30.0 %), mostly: same e-mail, created again "
        "more than a day later (25), same e-mail but for a plus tag (5); "
    )


@pytest.mark.parametrize(
    ("stitched", "of", "grade"), [(0, MANY - 1, None), (0, MANY, "fail"), (2, MANY, "warn"), (9, MANY, None)]
)
def test_nothing_stitched_out_of_many_is_a_fault(kept: Kept, stitched: int, of: int, grade: str | None) -> None:
    kept.run(("stitched", None, None, stitched, of))
    assert kept.grades() == ([(grade, "unstitched")] if grade else [])
    if grade == "fail":
        assert "0 of 100 anonymous events were led home" in said(kept)[0]
        assert "user ids at login" in said(kept)[0]


def test_a_source_that_shrinks_and_one_that_only_appends(kept: Kept) -> None:
    for rows in (1000, 900, 400):
        kept.run(("rows", "shop", None, rows, None), ("rows", "web", None, rows, None))
    assert said(kept) == [
        f"fail fewer_rows: {source}: 400 rows were read, 55.6 % fewer than in the run before (900); see whether its export is "
        "whole"
        for source in ("shop", "web")
    ]
    assert [f.source for f in kept.bad(web={"mode": "append"})] == ["shop"]


def test_a_field_that_empties_and_one_that_vanishes(kept: Kept) -> None:
    records: Value = ("records", "shop", None, 100, None)
    kept.run(records, ("filled", "shop", "city", 90, 100), ("filled", "shop", "phone", 80, 100))
    kept.run(records, ("filled", "shop", "city", 50, 100))
    assert said(kept) == [
        "fail emptier: shop: 0 of 100 records have a phone (0.0 %), and 80.0 % in the run before; see whether the column is "
        "still exported and filled",
        "warn emptier: shop: 50 of 100 records have a city (50.0 %), and 90.0 % in the run before; see whether the column is "
        "still exported and filled",
    ]


def test_a_spike_is_told_by_the_median_and_its_usual_spread(kept: Kept) -> None:
    # One odd run among those before neither hides a spike nor makes one.
    for value in (50, 52, 300, 49, 51):
        kept.run(("duplicates", "shop", None, value, 2000))
    kept.run(("duplicates", "shop", None, 56, 2000))
    assert kept.grades() == []
    kept.run(("duplicates", "shop", None, 90, 2000))
    assert said(kept) == [
        "warn spike: shop: 90 of 2,000 contacts are most likely in it already (4.5 %); usual is 2.6 % \N{PLUS-MINUS SIGN} 0.4 % "
        "by 6 runs before; see what makes new contacts there without looking for the old one"
    ]
    kept.run(("duplicates", "shop", None, 300, 2000))
    assert kept.grades() == [("fail", "spike")]
    kept.run(("duplicates", "shop", None, 2, 2000))  # fewer are no harm
    assert kept.grades() == []


def test_too_little_history_is_said_and_not_guessed_from(kept: Kept) -> None:
    for value in (50, 50, 50, 50, 250):
        kept.run(("duplicates", "shop", None, value, 2000))
    found = kept.judge()
    assert found.grade == "ok"
    assert found.notes == (
        "of 1 numbers 1 have fewer than 5 earlier values to tell what is usual (earlier runs that are kept: 4), so spikes of those "
        "are not judged",
    )
    assert kept.grades(least_history=4) == [("fail", "spike")]


def test_refunds_and_churn_are_judged_by_the_periods_before_in_the_same_run(kept: Kept) -> None:
    days = [f"2026-0{month}-01" for month in range(1, 8)]
    calm: list[Value] = [("refunds", None, day, 20 + n % 3, 400) for n, day in enumerate(days)]
    kept.run(*calm, ("refunds", None, "2026-08-01", 24, 400), ("churn", None, "2026-08-01", 90, 100))
    assert kept.grades() == []
    kept.run(*calm, ("refunds", None, "2026-08-01", 90, 400))
    (found,) = said(kept)
    assert found.startswith(
        "warn spike: 90 of 400 orders of the 30 days up to 2026-08-01 have a refund (22.5 %); usual is 5.2 %"
    )
    assert "by 7 earlier periods" in found


def test_what_one_check_has_told_is_told_once_and_hides_nothing_else(kept: Kept) -> None:
    for rows, doubles, stitched in [(1000, 50, 900)] * 6 + [(100, 190, 200)]:
        kept.run(
            ("rows", "shop", None, rows, None), ("records", "shop", None, rows, None),
            ("duplicates", "shop", None, doubles, 2000), ("stitched", None, None, stitched, 1000),
            ("largest", None, None, 700, None),
        )  # fmt: skip
    assert sorted((f.check, f.metric) for f in kept.bad()) == [
        ("fewer_rows", "rows"), ("largest", "largest"), ("spike", "duplicates"), ("spike", "stitched"),
    ]  # fmt: skip


def test_a_source_may_have_limits_of_its_own(kept: Kept) -> None:
    kept.run(("rejected", "shop", None, 50, 1000), ("rejected", "web", None, 50, 1000))
    own = {"web": {"rejected": {"warn": 0.2, "fail": 0.4}}}
    assert [(f.source, f.grade) for f in kept.bad(sources=own)] == [("shop", "warn")]
    assert kept.grades(rejected={"warn": 0.001, "fail": 0.002}, sources=own) == [("fail", "rejected")]


def test_the_worst_come_first_and_sources_have_the_grade_of_their_worst(kept: Kept) -> None:
    kept.run(
        ("rejected", "shop", None, 50, 1000), ("future", "web", "events", 90, 100), ("rows", "web", None, 100, None)
    )
    found = kept.judge()
    assert (found.grade, [f.grade for f in found.findings][:2]) == ("fail", ["fail", "warn"])
    assert [(s.source, s.grade, s.rows) for s in found.sources] == [("shop", "warn", 0), ("web", "fail", 100)]
