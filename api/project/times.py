"""Times as a user gives them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from engine.errors import ConfigError


def utc(at: datetime) -> datetime:
    """A time in UTC, without saying so, as tables hold it; one without a zone is taken to be that."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def end_of(asked: str | date | datetime) -> datetime:
    """The moment that a date or time means, in UTC as `utc` has it: of a day its end.

    Errors: ConfigError for a text that is neither.
    """
    if isinstance(asked, str):
        try:
            asked = (
                date.fromisoformat(asked.strip())
                if len(asked.strip()) <= len("2026-01-31")
                else utc(datetime.fromisoformat(asked.strip()))
            )
        except (ValueError, OverflowError) as error:  # at the ends of the calendar no other zone fits in
            raise ConfigError(f"{asked!r} is no date: write 2026-01-31, or a time as 2026-01-31T17:30 (UTC)") from error
    return utc(asked) if isinstance(asked, datetime) else datetime.combine(asked, time.max)
