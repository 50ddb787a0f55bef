"""Customers by half a name."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.http.models.evidence import Sent, Wire

#: Characters of a text that is searched for, and customers in one answer.
LONGEST, MOST = 200, 50


class Answered(Wire):
    """A word that was searched for, and the customer's word that answers to it best, and how."""

    asked: str
    found: str | None
    how: Literal["same", "nickname", "begins", "misspelt", "missing"]


class Hit(Wire):
    """A customer whom a search found: how well it answers (at most 1), and by which words."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    place: str | None
    records: int
    last_seen: datetime | None
    score: float
    words: list[Answered]


class Searched(Wire):
    """The customers who answer, best first."""

    asked: str
    customers: list[Hit]


class Search(Sent):
    """Words of a name, a company, a place, the beginning of an e-mail, the last four digits of a phone number."""

    q: str = Field(min_length=1, max_length=LONGEST)
    limit: int = Field(10, ge=1, le=MOST)
