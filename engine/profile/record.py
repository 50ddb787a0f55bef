"""The golden record of one customer: every field, with where its value comes from and what else was said."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from engine.compute import Compute, literal, quote
from engine.config import Config
from engine.profile.golden import CANDIDATES, load_candidates, rank, rules_of
from engine.profile.priorities import load_priorities
from engine.runs import RunTables, read_manifest, started
from engine.standardise.language import language
from engine.standardise.name import shown
from engine.tables import EXTRA

#: Fields of which a person has several; of any other, values that differ are a conflict, except of those that change.
_SEVERAL = ("email", "phone")
_CHANGING = ("address", "place", "x_language")
#: Folded text, shown as people write it.
_TEXTS = ("address", "company")
_WHOLE_ADDRESS = "(r.postcode IS NULL)::INTEGER + (r.city IS NULL)::INTEGER"
_ADDRESS = "concat_ws(', ', r.street, concat_ws(' ', r.postcode, r.city), r.state, r.country)"
#: So alike two first names are one, typed with a slip.
_ALIKE = 0.85


@dataclass(frozen=True)
class Value:
    """A value of a field: what it is, and the source, record and time that it comes from."""

    value: str
    source: str
    record_id: str
    at: datetime | None


@dataclass(frozen=True)
class Golden:
    """A field of the golden record: the value that survives, the others in their order, and whether they contradict it.

    Of an e-mail or phone the others are the customer's too; the first is the primary one.
    """

    field: str
    value: Value
    others: tuple[Value, ...]
    conflict: bool


#: What of a customer it is made of: see `open_customer`.
TABLES = ("records", "identifiers", "orders")


def golden_record(compute: Compute, run: RunTables, config: Config) -> tuple[Golden, ...]:
    """The golden record of a customer of `run`, field by field; fields of which nothing is known are left out.

    `compute` is that of `open_customer` with TABLES.
    """
    compute.read_parquet("shared_values", run.path("shared_values"))
    load_priorities(compute, config, "golden_priorities")
    load_candidates(compute, started(read_manifest(run)).replace(tzinfo=None))
    fields = _load_said(compute)
    found = _values(compute, config, fields)
    return tuple(
        Golden(field.removeprefix(EXTRA), values[0], tuple(values[1:]), _conflict(compute, field, len(values) > 1))
        for field in fields
        if (values := found.get(field))
    )


def _load_said(compute: Compute) -> list[str]:
    """Make golden_said, all that is said of each field, and name the fields."""
    extras = [c for c in compute.columns("records") if c.startswith(EXTRA)]
    own = {
        "address": (f"CASE WHEN r.street IS NOT NULL THEN {_ADDRESS} END", _WHOLE_ADDRESS),
        "birth_date": ("r.birth_date::VARCHAR", "0"),
        "gender": ("r.gender", "0"),
        "company": ("r.company", "0"),
        **{extra: (f"r.{quote(extra)}", "0") for extra in extras},
        **({"x_language": (language("r.x_language"), "0")} if "x_language" in extras else {}),
    }  # fmt: skip
    texts = ", ".join(
        f"{{'field': {literal(field)}, 'value': {sql}, 'completeness': {completeness}}}"
        for field, (sql, completeness) in own.items()
    )
    compute.table(
        "golden_said",
        " UNION ALL BY NAME ".join(
            f"SELECT {literal(field)} AS field, * FROM ({sql})" for field, sql in CANDIDATES.items()
        )
        + f""" UNION ALL BY NAME SELECT * REPLACE (said.completeness AS completeness), said.field, said.value,
            said.value AS shown FROM (
                SELECT g.*, unnest([{texts}]) AS said FROM golden_records g JOIN records r USING (record_id))
            WHERE said.value <> ''""",
    )
    return list(dict.fromkeys(("name", "email", "phone", "address", "place", *own)))


def _values(compute: Compute, config: Config, fields: list[str]) -> dict[str, list[Value]]:
    """The values of each field, best first. Fields of the same rules are one question: each takes a while to plan."""
    alike = defaultdict(list)
    for field in fields:
        alike[rules_of(config, field)].append(field)
    found = defaultdict(list)
    for rules, names in alike.items():
        said = rank(rules, f"FROM golden_said WHERE field IN ({', '.join(map(literal, names))})", by="customer, field")
        for field, text, *source in compute.rows(
            f"SELECT field, shown, source, record_id, seen_at FROM ({said}) ORDER BY place_in_line"
        ):
            found[field].append(Value(_shown(field, text), *source))
    return found


def _conflict(compute: Compute, field: str, several: bool) -> bool:
    """Whether the values of a field contradict the one that survives."""
    if field != "name":
        return several and field not in (*_SEVERAL, *_CHANGING)
    return bool(
        compute.value(
            f"""SELECT count(*) > 0 FROM records l JOIN records r ON l.first_root < r.first_root
                WHERE least(length(l.first_name), length(r.first_name)) > 1
                    AND jaro_winkler_similarity(l.first_name, r.first_name) < {_ALIKE}"""
        )
    )


def _shown(field: str, text: str) -> str:
    """Write a folded text as people would; postcodes and codes of countries are that already."""
    if field not in _TEXTS:
        return text
    return " ".join(shown(word, False) if word.islower() else word for word in text.split(" "))
