"""What is compared, and in which grades: Splink comparisons for the columns that the data really has.

Missing data is neutral everywhere. Levels run from the strongest agreement to disagreement; Splink takes the first that
holds. Conditions compare two rows of `nodes`, called l and r.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.compute import Compute, literal, quote
from engine.link import names
from engine.link.nodes import extra_columns
from engine.tables import EXTRA

#: Fewer people than this can't show how rare an agreement is, or how faithful: what shops usually show stands in, for u
#: and m alike.
ENOUGH_PEOPLE = 201

#: An exact match on a number that isn't in service proves at most this much: one in so many people.
WEAK_PHONE_U = 1e-4

#: m of two generations of one name (Jr and Sr), as a share of u.
GENERATIONS = 2**-20

#: Names of companies are made of few words: likeness proves at most this much.
SIMILAR_COMPANY_U = 0.004

#: Comparisons that agree within a household or a town as well. Without any other agreement they don't make a match.
HOUSEHOLD = frozenset({"last_name", "address", "company", "gender", "state", "source"})

SAME = "same"
SAME_NAMES = "same, made of the name"
DIFFER = "differ"
BOTH_IN = "both in "
TYPO = "typing error"
VARIANT = "typing error or short form"
#: Grades in which names are like each other and not the same.
APPROXIMATE = (TYPO, VARIANT)


@dataclass(frozen=True)
class Level:
    """One grade of a comparison.

    `when` is SQL over l and r; `tf` the column whose term frequency adjusts the weight (at least `tf_minimum_u`); a
    `null` level is no evidence at all; a level that is too rare to learn weighs what the one called `like` does. What
    is `among_namesakes` is the part of SAME that follows from the names: its u is counted among people who share them.
    `usual` is (m, u) as shops show it, for data too small to learn from; `given` is (m, u) that no data may change.
    """

    label: str
    when: str
    tf: str | None = None
    tf_minimum_u: float = 0.0
    null: bool = False
    like: str | None = None
    among_namesakes: bool = False
    usual: tuple[float, float] | None = None
    given: tuple[float, float] | None = None

    def settings(self) -> dict[str, Any]:
        """The level in the form of a Splink settings file."""
        condition = re.sub(r'\b([lr])\.("?)(\w+)\2', r"\2\3_\1\2", self.when)
        found: dict[str, Any] = {"sql_condition": condition, "label_for_charts": self.label}
        if self.null:
            found["is_null_level"] = True
        if self.tf:
            found |= {"tf_adjustment_column": self.tf, "tf_minimum_u_value": self.tf_minimum_u}
            found["disable_tf_exact_match_detection"] = True
        return found


@dataclass(frozen=True)
class Comparison:
    """A field of `nodes`, or a few that belong together, with its levels."""

    name: str
    levels: tuple[Level, ...]

    def settings(self) -> dict[str, Any]:
        """The comparison in the form of a Splink settings file."""
        return {
            "output_column_name": self.name,
            "comparison_description": self.name.removeprefix(EXTRA).replace("_", " "),
            "comparison_levels": [level.settings() for level in self.levels],
        }


def _unknown(*columns: str) -> Level:
    missing = " AND ".join(f"(l.{quote(c)} IS NULL OR r.{quote(c)} IS NULL)" for c in columns)
    return Level("not known for both", missing, null=True)


def _else(m: float, u: float) -> Level:
    return Level(DIFFER, "ELSE", usual=(m, u))


_SWAPPED = names.swapped("l", "r")


def _first_name() -> Comparison:
    return Comparison(
        "first_name",
        (
            _unknown("first_name"),
            Level(
                "same", "l.first_name = r.first_name AND length(l.first_name) > 1", tf="first_name", usual=(0.78, 0.003)
            ),
            Level(
                "same nickname root", "l.first_root = r.first_root AND length(l.first_name) > 1", usual=(0.1, 0.0015)
            ),
            Level("initial", names.is_initial("l", "r"), usual=(0.04, 0.003)),
            Level("first and last name swapped", _SWAPPED, usual=(0.001, 1e-6)),
            Level(VARIANT, names.is_variant("l", "r"), usual=(0.03, 0.0005)),
            _else(0.03, 0.99),
        ),
    )


def _last_name() -> Comparison:
    typo = f"{names.similar('l.last_name', 'r.last_name')} AND NOT {names.both_common('l', 'r', 'last')}"
    return Comparison(
        "last_name",
        (
            _unknown("last_name"),
            Level("same", "l.last_name = r.last_name", tf="last_name", usual=(0.9, 0.002)),
            Level("swapped, as the first name says", _SWAPPED, null=True),
            Level(TYPO, typo, usual=(0.04, 0.0004)),
            Level("initial", names.is_initial("l", "r", "last_name"), usual=(0.02, 0.002)),
            _else(0.03, 0.99),
        ),
    )  # fmt: skip


def _email() -> Comparison:
    own = "l.email_rest = '' AND r.email_rest = ''"
    return Comparison(
        "email",
        (
            _unknown("email"),
            Level(SAME, f"l.email = r.email AND NOT ({own})", tf="email", usual=(0.8, 1e-6)),
            Level(SAME_NAMES, "l.email = r.email", among_namesakes=True, usual=(0.8, 5e-4)),
            Level("one of several is the same", "list_has_any(l.emails, r.emails)", like="same", usual=(0.04, 5e-8)),
            Level(
                "same name at another provider",
                "l.email_local = r.email_local AND length(l.email_rest) > 1 AND length(r.email_rest) > 1",
                usual=(0.003, 1e-6),
            ),
            Level(
                TYPO,
                f"length(l.email_rest) > 2 AND {names.one_edit('l.email_rest', 'r.email_rest')}"
                " AND abs(length(l.email) - length(r.email)) <= 2 AND damerau_levenshtein(l.email, r.email) <= 2",
                usual=(0.002, 1e-6),
            ),
            Level("same small domain", "l.rare_domain = r.rare_domain", tf="rare_domain", usual=(0.001, 1e-4)),
            # Local parts made of the name alone: whether they agree or not, they say nothing that the names don't.
            Level("made of the name", own, null=True),
            _else(0.16, 1.0),
        ),
    )


def _phone() -> Comparison:
    return Comparison(
        "phone",
        (
            _unknown("phone"),
            Level("same", "l.phone = r.phone AND NOT l.phone_weak", tf="phone", usual=(0.75, 4e-6)),
            Level(
                "same, but not in service",
                "l.phone = r.phone",
                tf="phone",
                tf_minimum_u=WEAK_PHONE_U,
                like="same",
                usual=(0.75, 4e-6),
            ),
            Level("one of several is the same", "list_has_any(l.phones, r.phones)", like="same", usual=(0.05, 2.7e-7)),
            Level("one digit differs", names.one_edit("l.phone", "r.phone"), usual=(0.004, 1e-5)),
            _else(0.18, 1.0),
        ),
    )


def _account() -> Comparison:
    return Comparison(
        "account",
        (
            Level("not known for both", "l.accounts IS NULL OR r.accounts IS NULL", null=True),
            Level("same", "list_has_any(l.accounts, r.accounts)"),
            # Two accounts are no evidence against: people register twice.
            Level("other accounts", "NOT list_has_any(l.accounts, r.accounts)", null=True),
            _else(0.1, 1.0),
        ),
    )


def _birth_date() -> Comparison:
    a, b = "l.birth_text", "r.birth_text"
    month_a, day_a, month_b, day_b = (f"substr({text}, {at}, 2)" for text in (a, b) for at in (6, 9))
    swapped = f"left({a}, 4) = left({b}, 4) AND {month_a} = {day_b} AND {day_a} = {month_b}"
    return Comparison(
        "birth_date",
        (
            _unknown("birth_text"),
            Level("same", f"{a} = {b}", tf="birth_text", usual=(0.85, 0.0003)),
            Level(TYPO, names.one_edit(a, b), usual=(0.05, 0.002)),
            Level("day and month swapped", swapped, usual=(0.01, 0.0003)),
            Level("two digits differ", f"damerau_levenshtein({a}, {b}) <= 2", usual=(0.02, 0.02)),
            Level("within a year", "abs(date_diff('day', l.birth_date, r.birth_date)) <= 366", usual=(0.01, 0.03)),
            _else(0.005, 0.95),
        ),
    )


def _address() -> Comparison:
    near = "coalesce(l.postcode = r.postcode, l.city = r.city, true)"
    return Comparison(
        "address",
        (
            _unknown("street", "postcode", "city"),
            Level("same street", f"l.street = r.street AND {near}", tf="street", usual=(0.4, 1e-4)),
            Level("similar street", f"{_similar('street', 0.92)} AND {near}", usual=(0.03, 2e-5)),
            Level("same postcode", "l.postcode = r.postcode", tf="postcode", usual=(0.4, 4e-4)),
            Level("similar postcode", names.one_edit("l.postcode", "r.postcode"), usual=(0.005, 5e-4)),
            Level("same city", "l.city = r.city", tf="city", usual=(0.1, 5e-4)),
            Level("similar city", _similar("city", 0.9), usual=(0.01, 0.001)),
            _else(0.05, 0.99),
        ),
    )


def _similar(column: str, threshold: float) -> str:
    return names.similar(f"l.{quote(column)}", f"r.{quote(column)}", threshold)


def _same(column: str, m: float, u: float) -> Level:
    return Level("same", f"l.{quote(column)} = r.{quote(column)}", tf=column, usual=(m, u))


def _text(column: str) -> Comparison:
    similar = Level("similar", _similar(column, 0.88), usual=(0.1, 0.01))
    return Comparison(column, (_unknown(column), _same(column, 0.7, 0.02), similar, _else(0.2, 0.97)))


def _company() -> Comparison:
    """Where somebody works, or who shares the name: of companies that nobody is named for, `_organisation` speaks."""
    whole = Level("compared as organisations", "l.organisation IS NOT NULL AND r.organisation IS NOT NULL", null=True)
    unknown, *levels = _text("company").levels
    return Comparison("company", (unknown, whole, *levels))


def _organisation() -> Comparison:
    """Where no person is named, the company is the customer. One name may hold the other's words, in any order."""
    a, b = (f"string_split({side}.organisation, ' ')" for side in ("l", "r"))
    within = f"least(len({a}), len({b})) > 1 AND (list_has_all({a}, {b}) OR list_has_all({b}, {a}))"
    return Comparison(
        "organisation",
        (
            _unknown("organisation"),
            Level("same", "l.organisation = r.organisation", tf="organisation", usual=(0.7, 0.001)),
            Level(
                "similar",
                f"{_similar('organisation', 0.92)} OR {within}",
                tf="organisation",
                tf_minimum_u=SIMILAR_COMPANY_U,
                usual=(0.2, SIMILAR_COMPANY_U),
            ),
            _else(0.1, 0.99),
        ),
    )


def _generation() -> Comparison:
    """Father and son: one name, one address, often one phone. That both are a Jr says nothing that the name doesn't.

    Pairs of one of each are too few to learn from. Nearly everybody is a Jr or a Sr: were they tossed, every other pair
    would be one of each.
    """
    return Comparison(
        "generation",
        (
            _unknown("generation"),
            Level("same", "l.generation = r.generation", given=(0.5, 0.5)),
            Level(DIFFER, "ELSE", given=(0.5 * GENERATIONS, 0.5)),
        ),
    )


def _choice(column: str) -> Comparison:
    return Comparison(column, (_unknown(column), _same(column, 0.95, 0.4), _else(0.05, 0.6)))


def _source(sources: list[str]) -> Comparison:
    """A source that rarely holds a person twice says so itself: one level a source, for training to weigh."""
    both = [Level(BOTH_IN + s, f"l.source = {literal(s)} AND r.source = {literal(s)}") for s in sources]
    return Comparison(
        "source", (Level("not known for both", "l.source IS NULL", null=True), *both, Level(DIFFER, "ELSE"))
    )


_PERSONAL: dict[str, Callable[[], Comparison]] = {
    "first_name": _first_name,
    "last_name": _last_name,
    "email": _email,
    "phone": _phone,
    "accounts": _account,
    "birth_date": _birth_date,
}


def choose(compute: Compute, wanted: tuple[str, ...]) -> list[Comparison]:
    """The comparisons for those columns of `nodes` that hold at least two values.

    Of few nodes one value is enough: it may be the same because there is one customer. Where nobody is known by
    anything, one comparison stands for all that aren't made. `wanted` names the project's own columns to compare,
    without their prefix.
    """
    least = 1 if compute.count("nodes") < ENOUGH_PEOPLE else 2

    def useful(*columns: str, least: int = least) -> bool:
        counts = ", ".join(f"count(DISTINCT {quote(c)})" for c in columns)
        return bool(max(compute.rows(f"SELECT {counts} FROM nodes")[0]) >= least)

    found = [make() for column, make in _PERSONAL.items() if useful(column)]
    if useful("generation", least=2):
        found.append(_generation())
    if useful("street", "postcode", "city"):
        found.append(_address())
    if useful("company"):
        found.append(_company())
    if useful("organisation"):
        found.append(_organisation())
    found += [_choice(c) for c in ("gender", "state") if useful(c)]
    found += [_text(c) for c in extra_columns(compute, wanted) if useful(c)]
    contacts = compute.rows(
        "SELECT source FROM nodes WHERE kind = 'contact' GROUP BY source HAVING count(*) > 1 ORDER BY 1"
    )
    if contacts and useful("source", least=2):
        found.append(_source([source for (source,) in contacts]))
    return found or [_email()]
