"""Amounts as text -> numbers, and into the project's currency, in SQL."""

from __future__ import annotations

import pyarrow as pa

from engine.compute import Compute
from engine.config import Config
from engine.standardise.text import NOTHING

#: currency, since, rate: what one unit is worth in the project's currency, from that day on.
RATES = "std_rates"
#: Digits, not too many to be counted, with nothing between them but marks and spaces, in SQL.
_ONE_NUMBER = "^[^0-9]*[0-9][0-9.,''’\\s\\pZ]{0,40}[^0-9]*$"


def amount(text: str) -> str:
    """Make the SQL that reads an amount: 1,234.50 or 1.234,50 or $12 or Rs. 12 or (12.00); NULL for what is none.

    Of two kinds of mark the last is the decimal one. A comma alone is decimal unless three digits follow each; a full
    stop alone is decimal unless there are several. What has anything but marks and spaces between its digits is none,
    such as 1e3 or 2 x 5; yet programs write as 5.5e-17 what should be 0.
    """
    said = f"regexp_replace({text}, '\\pL+[.]', '', 'g')"  # the stop of Rs. and kr. is no mark
    bare = f"regexp_replace({said}, '[^0-9,.()−-]', '', 'g')"
    digits = f"regexp_replace({said}, '[^0-9,.]', '', 'g')"
    # No subquery, though it would read better: DuckDB makes a join of it, which takes many times as long.
    return f"""coalesce(
        CASE WHEN isfinite(TRY_CAST({text} AS DOUBLE)) AND {text} NOT LIKE '%e%' AND {text} NOT LIKE '%E%'
            THEN TRY_CAST({text} AS DOUBLE) END,
        CASE WHEN regexp_matches({text}, '^-?[0-9.]+[eE]-[0-9]+$') THEN TRY_CAST({text} AS DOUBLE) END,
        CASE WHEN regexp_matches({said}, '{_ONE_NUMBER}') THEN TRY_CAST(CASE
            WHEN regexp_matches({digits}, '[.].*,') THEN replace(replace({digits}, '.', ''), ',', '.')
            WHEN regexp_matches({digits}, ',.*[.]') THEN replace({digits}, ',', '')
            WHEN regexp_matches({digits}, '^[0-9]{{1,3}}(,[0-9]{{3}})+$') THEN replace({digits}, ',', '')
            WHEN regexp_matches({digits}, '^[0-9]{{1,3}}([.][0-9]{{3}}){{2,}}$') THEN replace({digits}, '.', '')
            ELSE replace({digits}, ',', '.')
        END AS DOUBLE) * CASE WHEN regexp_matches({bare}, '^[(].*[)]$|^[−-]|[−-]$') THEN -1 ELSE 1 END END
    )"""


def currency(text: str, default: str) -> str:
    """Make the SQL of a currency code: the row's own where it has one, else the source's.

    What is no code stays as it is: it has no rate, and what it is worth isn't guessed.
    """
    nothing = ", ".join(f"'{words}'" for words in sorted(NOTHING))
    words = f"trim(regexp_replace(lower({text}), '[^\\p{{L}}]+', ' ', 'g'))"
    return f"""CASE WHEN {words} NOT IN ({nothing}) OR regexp_matches({text}, '\\p{{Sc}}')
        THEN upper(trim({text})) ELSE {default} END"""


def rates_at(table: str, undated: bool = False) -> str:
    """Make the SQL of (currency, at, rate): for each currency and day of a table, the latest rate by then.

    Where a day is NULL there is a rate only for the project's own currency, or with `undated` the latest of all.
    """
    return f"""(
        SELECT w.currency, w.at, arg_max(q.rate, coalesce(q.since, DATE '0001-01-01')) AS rate
        FROM (SELECT DISTINCT currency, "at"::DATE AS at FROM {table}) w
        JOIN {RATES} q ON q.currency = w.currency AND (q.since IS NULL OR q.since <= w.at{
        " OR w.at IS NULL" if undated else ""
    })
        GROUP BY ALL)"""


def load_rates(compute: Compute, config: Config) -> None:
    """Make the table of rates from the project file; the project's currency is worth itself, at all times."""
    rows = [{"currency": r.currency, "since": r.since, "rate": r.rate} for r in config.rates]
    rows = [row for row in rows if row["currency"] != config.currency]
    rows.append({"currency": config.currency, "since": None, "rate": 1.0})
    schema = pa.schema([("currency", pa.string()), ("since", pa.date32()), ("rate", pa.float64())])
    compute.load(RATES, pa.Table.from_pylist(rows, schema))
