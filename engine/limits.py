"""The part of the project file that says what `clew health` minds, and from where on."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import Field, field_validator

from engine.checked import Model

#: Checks that have no limit: a column is there or it isn't.
WITHOUT_LIMIT = ("missing_columns", "new_columns")


class Limit(Model):
    """From where on something is worth a warning, and from where on it is a failure."""

    warn: float = Field(ge=0)
    fail: float = Field(ge=0)


#: What a check without a limit has.
NO_LIMIT = Limit(warn=0, fail=0)


def _limit(warn: float, fail: float, description: str) -> Any:
    return Field(Limit(warn=warn, fail=fail), description=description)


class Checks(Model):
    """What `clew health` looks at in every run. Shares run from 0 to 1."""

    late: Limit = _limit(2, 4, "delay of a source's newest row, in its own usual gaps of a day or more")
    fewer_rows: Limit = _limit(0.2, 0.5, "share of a source's rows that is gone since the run before")
    rejected: Limit = _limit(0.01, 0.1, "share of a source's rows that can't be read")
    misdated: Limit = _limit(0, 0.05, "share of orders or events before 1995, in the future or without a date")
    emptier: Limit = _limit(0.2, 0.5, "fall, since the run before, of the share of rows with a field or identifier")
    unusable: Limit = _limit(0.2, 0.5, "share of a source's identifiers of a type that may not link")
    duplicates: Limit = _limit(0.2, 0.5, "share of a source's contacts that are in it already")
    anonymous_orders: Limit = _limit(0.1, 0.5, "share of a source's orders that name nobody")
    unrated: Limit = _limit(
        0, 0.1, "share of a source's orders, or of what it claims was bought, without a total or a rate"
    )
    unplaced: Limit = _limit(
        0.5, 1, "share of a source's events with a UTM source, medium or campaign of no known channel"
    )
    repurposed: Limit = _limit(0.2, 0.5, "fall of the share of a column's texts that look as they did")
    unstitched: Limit = _limit(0.95, 1, "share of anonymous events, of a hundred or more, that nothing led home")
    conflicts: Limit = _limit(0.1, 0.5, "share of customers about whose consent sources disagree")
    largest: Limit = _limit(500, 2000, "records in the largest customer")
    mismatch: Limit = _limit(0.1, 0.5, "share of a CRM's revenue that differs from the shop's")
    never_seen: Limit = _limit(0.01, 0.2, "share of a CRM's revenue for customers whom the shop has never seen")
    spike: Limit = _limit(4, 20, "distance of a number from its usual value, in usual spreads")
    ignore: tuple[str, ...] = Field((), description="checks not to be made: names above, missing_columns, new_columns")

    @field_validator("ignore")
    @classmethod
    def _known(cls, ignore: tuple[str, ...]) -> tuple[str, ...]:
        known = [*(name for name in Checks.model_fields if name != "ignore"), *WITHOUT_LIMIT]
        for name in ignore:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
                raise ValueError(f"{name!r} is not a check; {hint}")
        return ignore


class Health(Checks):
    """The checks of `clew health`, and those of single sources that have limits of their own."""

    history: int = Field(30, ge=1, description="earlier runs that a run is compared with")
    least_history: int = Field(5, ge=2, description="with fewer earlier values nothing is called a spike")
    sources: dict[str, Checks] = Field({}, description="by source, the limits that differ from those above")

    def of(self, check: str, source: str | None = None) -> Limit | None:
        """The limit of a check of a source or of the whole shop; None where it is not to be made."""
        own = self.sources.get(source or "")
        if check in self.ignore or (own and check in own.ignore):
            return None
        limit: Limit = getattr(own if own and check in own.model_fields_set else self, check, NO_LIMIT)
        return limit
