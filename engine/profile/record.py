"""The golden record of one customer: every field, with where its value comes from and what else was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.compute import Compute, quote
from engine.config import Config
from engine.profile.golden import CANDIDATES, load_candidates, rank
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
    fields = [_field(compute, config, field, sql) for field, sql in _candidates(compute).items()]
    return tuple(field for field in fields if field)


def _candidates(compute: Compute) -> dict[str, str]:
    extras = [c for c in compute.columns("records") if c.startswith(EXTRA)]
    own = {
        "address": (_ADDRESS, "(r.postcode IS NULL)::INTEGER + (r.city IS NULL)::INTEGER"),
        "birth_date": ("r.birth_date::VARCHAR", "0"),
        "gender": ("r.gender", "0"),
        "company": ("r.company", "0"),
        **{extra: (f"r.{quote(extra)}", "0") for extra in extras},
        **({"x_language": (language("r.x_language"), "0")} if "x_language" in extras else {}),
    }  # fmt: skip
    texts = {
        field: f"""SELECT g.* REPLACE ({completeness} AS completeness), {sql} AS value, {sql} AS shown
                   FROM golden_records g JOIN records r USING (record_id) WHERE {sql} <> ''
                   {"AND r.street IS NOT NULL" if field == "address" else ""}"""
        for field, (sql, completeness) in own.items()
    }
    order = ("name", "email", "phone", "address", "place", *own)
    both = {**CANDIDATES, **texts}
    return {field: both[field] for field in dict.fromkeys(order)}


def _field(compute: Compute, config: Config, field: str, candidates: str) -> Golden | None:
    rows = compute.rows(
        f"SELECT shown, source, record_id, seen_at FROM ({rank(config, field, candidates)}) ORDER BY place_in_line"
    )
    values = [Value(_shown(field, text), source, record_id, at) for text, source, record_id, at in rows]
    if not values:
        return None
    if field == "name":
        conflict = compute.value(
            f"""SELECT count(*) > 0 FROM records l JOIN records r ON l.first_root < r.first_root
                WHERE least(length(l.first_name), length(r.first_name)) > 1
                    AND jaro_winkler_similarity(l.first_name, r.first_name) < {_ALIKE}"""
        )
    else:
        conflict = len(values) > 1 and field not in (*_SEVERAL, *_CHANGING)
    return Golden(field.removeprefix(EXTRA), values[0], tuple(values[1:]), bool(conflict))


def _shown(field: str, text: str) -> str:
    """Write a folded text as people would; postcodes and codes of countries are that already."""
    if field not in _TEXTS:
        return text
    return " ".join(shown(word, False) if word.islower() else word for word in text.split(" "))
