"""RAW_RECORDS -> RECORDS: names, addresses and dates, each distinct value once."""

from __future__ import annotations

from typing import NamedTuple

from engine.compute import Compute, quote
from engine.config import Config
from engine.standardise.address import city, postcode, state, street
from engine.standardise.birth import birth_date
from engine.standardise.bulk import Task, apply
from engine.standardise.name import company, name, shown
from engine.standardise.sources import COUNTRIES
from engine.standardise.sources import TABLE as SOURCES
from engine.standardise.text import NOTHING, clean, fold, fold_words
from engine.standardise.times import utc
from engine.tables import EXTRA

#: raw_records with `iso` (the row's country), `region` (that, or the source's), `regions` (those that a phone number
#: may be of) and `zone`; one row per source and key.
LOCATED = "std_located"


_GENDER = """CASE
    WHEN lower(trim(r.gender)) IN ('f', 'female', 'woman', 'w', 'weiblich', 'frau', 'femme', 'mujer') THEN 'f'
    WHEN lower(trim(r.gender)) IN ('m', 'male', 'man', 'männlich', 'herr', 'homme', 'hombre') THEN 'm'
    WHEN lower(trim(r.gender)) IN ('d', 'x', 'nb', 'diverse', 'divers', 'non-binary', 'nonbinary', 'other') THEN 'x'
END"""


class City(NamedTuple):
    """A city folded, and as people read it."""

    folded: str | None
    display: str | None


def locate(compute: Compute, config: Config) -> None:
    """Make LOCATED: the latest row of each key, with the region in which its values are read."""
    times = utc("r.seen_at", "s.zone", "s.region")
    compute.table("std_repeated", "SELECT source, key FROM raw_records GROUP BY ALL HAVING count(*) > 1")
    same = "o.source = r.source AND o.key = r.key"
    compute.view(
        "std_kept",
        f"""
        SELECT r.* FROM raw_records r ANTI JOIN std_repeated o ON {same}
        WHERE r.source IS NOT NULL AND r.key IS NOT NULL
        UNION ALL
        SELECT r.* FROM raw_records r SEMI JOIN std_repeated o ON {same} LEFT JOIN {SOURCES} s ON s.source = r.source
        QUALIFY row_number() OVER (
            PARTITION BY r.source, r.key ORDER BY {times} DESC NULLS LAST, r.row DESC NULLS LAST
        ) = 1
        """,
    )
    compute.table(
        LOCATED,
        f"""
        SELECT r.*, c.value AS iso, coalesce(c.value, s.region, $region) AS region,
            CASE WHEN starts_with(coalesce(s.regions, $region) || ' ', c.value || ' ') THEN coalesce(s.regions, $region)
                ELSE concat_ws(' ', c.value, coalesce(s.regions, $region)) END AS regions,
            coalesce(s.zone, $zone) AS zone
        FROM std_kept r
        LEFT JOIN {COUNTRIES} c ON c.in_country = r.country
        LEFT JOIN {SOURCES} s ON s.source = r.source
        """,
        {"region": config.region, "zone": config.time_zone},
    )
    compute.run("DROP VIEW std_kept")
    compute.drop("std_repeated", COUNTRIES)


def make_records(compute: Compute) -> None:
    """Make RECORDS from LOCATED."""
    extras = [column for column in compute.columns(LOCATED) if column.startswith(EXTRA)]
    where = f"FROM {LOCATED} WHERE "
    apply(compute, Task(f"SELECT name, first_name, last_name FROM {LOCATED}", name, "std_names"))
    apply(compute, Task(f"SELECT company {where} company IS NOT NULL", company, "std_companies"))
    apply(compute, Task(f"SELECT birth_date, region {where} birth_date IS NOT NULL", birth_date, "std_births"))
    apply(compute, Task(f"SELECT street {where} street IS NOT NULL", street, "std_streets"))
    apply(compute, Task(f"SELECT city {where} city IS NOT NULL", _city, "std_cities"))
    apply(compute, Task(f"SELECT postcode, region {where} postcode IS NOT NULL", postcode, "std_postcodes"))
    apply(compute, Task(f"SELECT state, region {where} state IS NOT NULL", state, "std_states"))
    for number, extra in enumerate(extras):
        column = quote(extra)
        apply(compute, Task(f"SELECT {column} AS text {where} {column} IS NOT NULL", _extra, f"std_extra_{number}"))
    folded = "".join(f", x{number}.value AS {quote(extra)}" for number, extra in enumerate(extras))
    joins = "".join(
        f" LEFT JOIN std_extra_{number} x{number} ON x{number}.in_text = r.{quote(extra)}"
        for number, extra in enumerate(extras)
    )
    compute.table(
        "records",
        f"""
        SELECT r.source || ':' || r.key AS record_id, r.source, r.key, coalesce(lower(trim(r.kind)), 'contact') AS kind,
            {utc("r.seen_at", "r.zone", "r.region")} AS seen_at,
            {utc("r.created_at", "r.zone", "r.region")} AS created_at,
            n.name, n.first AS first_name, n.first_root, n.middle AS middle_name, n.last AS last_name,
            b.value AS birth_date,
            {_GENDER} AS gender,
            st.value AS street, ci.folded AS city, po.value AS postcode, sa.value AS state, r.iso AS country,
            coalesce(co.value, n.company) AS company,
            nullif(concat_ws(', ', ci.display, r.iso), '') AS place{folded}
        FROM {LOCATED} r
        LEFT JOIN std_names n ON n.in_name IS NOT DISTINCT FROM r.name
            AND n.in_first_name IS NOT DISTINCT FROM r.first_name AND n.in_last_name IS NOT DISTINCT FROM r.last_name
        LEFT JOIN std_companies co ON co.in_company = r.company
        LEFT JOIN std_births b ON b.in_birth_date = r.birth_date AND b.in_region = r.region
        LEFT JOIN std_streets st ON st.in_street = r.street
        LEFT JOIN std_cities ci ON ci.in_city = r.city
        LEFT JOIN std_postcodes po ON po.in_postcode = r.postcode AND po.in_region = r.region
        LEFT JOIN std_states sa ON sa.in_state = r.state AND sa.in_region = r.region{joins}
        """,
    )
    compute.drop(
        LOCATED, "std_names", "std_companies", "std_births", "std_streets", "std_cities", "std_postcodes", "std_states"
    )
    compute.drop(*(f"std_extra_{number}" for number in range(len(extras))))


def _city(text: str) -> City:
    folded = city(text)
    if folded is None:
        return City(None, None)
    return City(folded, " ".join(shown(word, False) for word in clean(text).split(" ")))


def _extra(text: str) -> str | None:
    """Fold a column of the project's own: a placeholder is nothing."""
    folded = fold(text)
    return None if fold_words(folded) in NOTHING else folded
