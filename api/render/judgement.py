"""How right an answer is, against known persons."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, lines
from api.render.words import count, percent
from engine.evaluate import Evaluation


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
