"""How right an answer is, against known persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, lines
from api.render.words import NOTHING, count, number, percent
from engine.evaluate import Calibration, Evaluation, Scores
from engine.evaluate.expected import Estimate, Expected
from engine.evaluate.labels import LabelScores

if TYPE_CHECKING:
    from api.found import Blocking


def evaluation(found: Evaluation) -> Group:
    """The scores, and what went wrong in which direction."""
    rows = [
        (name, *_shares(s)) for name, s in (("pairs of records", found.pairwise), ("records (B-cubed)", found.bcubed))
    ]
    return lines(
        heading("Against the truth"),
        columns(("judged by", "precision", "recall", "F1"), rows, right=(1, 2, 3)),
        indented(
            Text(
                f"{count(found.records, 'record')} of {count(found.persons, 'person')} "
                f"were taken for {count(found.customers, 'customer')}."
            )
        ),
        indented(Text(f"The largest customer has {count(found.largest, 'record')}.")),
        _mixed(found),
        _split(found),
        _missing(found),
    )


def calibration(found: Calibration) -> Group:
    """Probability beside truth, by tenths."""
    rows = [
        (f"{d.lower * 100:.0f} to {d.upper * 100:.0f} %", f"{d.pairs:,}", percent(d.predicted), percent(d.true))
        for d in found.deciles
    ]
    if found.error is None:
        return Group()
    error = f"On average the two are {found.error * 100:.1f} points apart."
    unjudged = f" {count(found.unjudged, 'pair')} can't be judged." if found.unjudged else ""
    return lines(
        heading("How sure, and how often right: pairs that scored as matches, refused ones too"),
        columns(("probability", "pairs", "said", "true"), rows, right=(1, 2, 3)),
        indented(Text(error + unjudged)),
    )


def estimate(found: Estimate) -> Group:
    """What each threshold promises, beside the truth where that is known."""
    judged = any(step.true for step in found.steps)
    titles = ("bits", "P", "R", "F1", "false merges", "false splits", *(("true P", "true R") * judged))
    return lines(
        heading(f"What run {found.run_id} expects of its own threshold and of higher ones, without labels"),
        columns(titles, [_promised(step) for step in found.steps], right=tuple(range(len(titles)))),
        indented(
            Text("Precision (P) and recall (R) are of pairs of records; merges and splits of joins of two groups.")
        ),
    )


def _promised(step: Expected) -> tuple[str, ...]:
    known = _shares(step.true)[:2] if step.true else ()
    merges, splits = f"{step.false_merges:,.1f}", f"{step.false_splits:,.1f}"
    return (number(step.threshold, "g"), *_shares(step.scores), merges, splits, *known)


def _shares(scores: Scores) -> tuple[str, ...]:
    """Precision, recall and F1 in words."""
    found = (scores.precision, scores.recall, scores.f1)
    return tuple(NOTHING if share is None else percent(share) for share in found)


def blocking(found: Blocking) -> Group:
    """What each rule proposes, and what it alone finds."""
    rows = [(r.rule, f"{r.pairs:,}", f"{r.first:,}", f"{r.alone:,}", f"{r.found:,}") for r in found.rules]
    return lines(
        heading("Pairs that each blocking rule proposes"),
        columns(("rule", "pairs", "first", "alone", "matches found alone"), rows, right=(1, 2, 3, 4)),
        indented(Text("First: no rule above proposes them. Alone: no other rule does.")),
    )


def by_labels(found: LabelScores) -> Group:
    """What the labels say of the answer, and which of them say nothing."""
    judged = found.labels - found.missing - found.obeyed
    left_out = [
        f"{count(number, 'label')} {'is' if number == 1 else 'are'} left out: {why}."
        for number, why in (
            (found.obeyed, "the run went by these decisions, so they can't judge it"),
            (found.missing, "the run lacks a record of theirs"),
        )
        if number
    ]
    if not judged:
        none = "There is no label to judge by yet: `clew review --ask --blind` asks for some."
        return lines(Text(none if not found.labels else "No label can judge this run."), *map(Text, left_out))
    rows = [
        ("one person", f"{found.same_together:,}", f"{found.same_apart:,}"),
        ("two people", f"{found.different_together:,}", f"{found.different_apart:,}"),
    ]
    scores = (
        (found.precision, "precision {}: the share of the pairs in one customer that are one person."),
        (found.recall, "recall {}: the share of the pairs of one person that are in one customer."),
    )
    return lines(
        heading(f"Against {count(judged, 'labelled pair')}"),
        columns(("said to be", "in one customer", "in two"), rows, right=(1, 2)),
        *(indented(Text(text.format(percent(share)))) for share, text in scores if share is not None),
        indented(Text("That is of these pairs, which were asked for being doubtful: not of all.")),
        *(indented(Text(text)) for text in left_out),
    )


def _mixed(found: Evaluation) -> RenderableType | None:
    if not found.mixed:
        return indented(Text("No customer holds records of two persons."))
    worst = ", ".join(f"{m.customer_id} ({m.persons} persons)" for m in found.mixed_examples[:3])
    return indented(
        Text(f"{count(found.mixed, 'customer holds', 'customers hold')} records of several persons: {worst}.")
    )


def _split(found: Evaluation) -> RenderableType | None:
    if not found.split:
        return indented(Text("No person is spread over several customers."))
    return indented(
        Text(
            f"{count(found.split, 'person is', 'persons are')} spread over several customers, "
            f"at most over {found.most_customers}."
        )
    )


def _missing(found: Evaluation) -> RenderableType | None:
    if not found.missing:
        return None
    named = ", ".join(found.missing_examples[:3])
    return indented(
        Text(
            f"{count(found.missing, 'record')} of the truth are in no customer: {named}. Are the source "
            "names the same? Events are no records, and aren't judged."
        )
    )
