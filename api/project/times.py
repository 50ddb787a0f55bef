"""Times as a user gives them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(at: datetime) -> datetime:
    """A time in UTC, without saying so, as tables hold it; one without a zone is taken to be that."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
