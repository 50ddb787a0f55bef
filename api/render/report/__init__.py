"""The report as a page: what a shop asks for, in its own words, each with the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from api.render.page import Page, Section
from api.render.report.claims import claims
from api.render.report.health import health
from api.render.report.marketing import campaigns, carts
from api.render.report.worth import channels, cohorts, quality, short, unification
from api.render.words import day, minute, safe
from api.report import Report
from engine.measure import views
from engine.rules import redefinitions
from engine.runs import started

#: Runs that redefined something, and settings of each, that are told of.
NOTES = 3


def report(found: Report) -> Page:
    """The page of a report."""
    made = (make(found) for make in (short, unification, channels, cohorts, quality, campaigns, carts, claims, health))
    sections = tuple(
        replace(section, notes=(*section.notes, *_redefined(found, section))) for section in made if section
    )
    used = {name for section in sections for name in section.measures}
    return Page(
        title=f"{safe(found.name)}: who your customers are, and what they are worth",
        intro=(
            f"Run {found.run_id} of {minute(started(found.manifest))}, as of {day(found.as_of)}, when the newest order "
            f"or event was. Money is in {found.currency}, at the rate of each order's day; months are those of UTC.",
            "No customer is named here: no name, e-mail, phone number or address, only numbers. Campaigns, segments "
            "and sources are called as your tools call them, unless that holds an e-mail address. The page is one file "
            "that asks nothing of the network: mail it, print it, keep it.",
        ),
        stamp=f"As of {day(found.as_of)} · run {found.run_id}",
        sections=sections,
        definitions=tuple(view for view in views() if view.name in used),
        closing="Everything here can be had as rows: `clew measure NAME FILE.csv`, with the names above.",
    )


def _redefined(found: Report, section: Section) -> Iterator[str]:
    """From which runs on figures of a section mean something else than before."""
    redefined = [run for run in found.health.log if set(run.redefined) & set(section.measures)]
    for run in redefined[-NOTES:]:
        touched = [name for name in section.measures if name in run.redefined]
        keys = list(dict.fromkeys(c.key for name in touched for r in redefinitions([run], name) for c in r.changes))
        told = ", ".join(f"`{safe(key)}`" for key in keys[:NOTES]) + (" and others" if len(keys) > NOTES else "")
        yield (
            f"Since run {run.run_id} of {day(run.at)} some of these figures are defined otherwise ({told}): don't "
            "compare them with those of earlier reports. `clew changes` tells more."
        )
