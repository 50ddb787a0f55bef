"""How right an answer is, against known persons."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, lines
from api.render.words import count, percent
from engine.evaluate import Calibration, Evaluation


def evaluation(found: Evaluation) -> Group:
    """The scores, and what went wrong in which direction."""
    rows = [
        (name, percent(s.precision), percent(s.recall), percent(s.f1))
        for name, s in (("pairs of records", found.pairwise), ("records (B-cubed)", found.bcubed))
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
            f"{count(found.missing, 'record')} of the truth are in no customer: {named}. Are the source names the same?"
        )
    )
