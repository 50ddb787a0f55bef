"""Names that are missing or misspelt, read from the e-mail address or from the name's correct neighbour.

`matthewdavis@aol.com` without a first name, in one house with Jeremy Davis, isn't Jeremy. What is read here serves
comparison alone: it never becomes anybody's golden name.
"""

from __future__ import annotations

from engine.compute import Compute
from engine.link.names import RARER, one_edit

#: A name in use with this many different other names is a name, not an accident.
KNOWN = 3


def fill_names(compute: Compute) -> None:
    """Fill names of table `_said` where they are missing and the e-mail tells them.

    Misspelt first names get the root of what they were meant to be. Leaves `_first_name` and `_last_name` (name, uses).
    """
    _count(compute)
    compute.table(
        "_local",
        """
        SELECT DISTINCT emails[1] AS email, last_name,
            string_split(trim(regexp_replace(split_part(emails[1], '@', 1), '[^a-z]+', ' ', 'g')), ' ') AS words
        FROM _said WHERE first_name IS NULL AND emails IS NOT NULL
        """,
    )
    known = f"(SELECT first_name FROM _first_name WHERE uses >= {KNOWN} AND length(first_name) > 2)"
    compute.table(
        "_guess",
        f"""
        WITH shape AS (
            SELECT *, words[1] AS word,
                CASE WHEN len(words) = 1 AND ends_with(words[1], last_name)
                     THEN left(words[1], length(words[1]) - length(last_name)) END AS before_last,
                CASE WHEN len(words) = 1 AND (last_name IS NULL OR right(words[1], 1) = left(last_name, 1))
                     THEN left(words[1], length(words[1]) - 1) END AS but_one
            FROM _local
        )
        SELECT email, last_name, CASE
            WHEN len(words) >= 2 AND length(word) = 1 AND words[2] = last_name THEN word
            WHEN length(before_last) = 1 THEN before_last
            WHEN before_last IN {known} THEN before_last
            WHEN word IN {known} THEN word
            WHEN but_one IN {known} THEN but_one
            END AS first_name,
            CASE WHEN last_name IS NULL AND len(words) = 2 AND word IN {known}
                    AND words[2] IN (SELECT last_name FROM _last_name WHERE uses >= {KNOWN})
                THEN words[2] END AS guessed_last
        FROM shape
        """,
    )
    compute.run(
        """
        UPDATE _said SET first_name = g.first_name,
            first_root = coalesce(
                (SELECT any_value(first_root) FROM _first_name f WHERE f.first_name = g.first_name), g.first_name),
            last_name = coalesce(_said.last_name, g.guessed_last)
        FROM _guess g
        WHERE _said.first_name IS NULL AND g.first_name IS NOT NULL
            AND _said.emails[1] = g.email AND _said.last_name IS NOT DISTINCT FROM g.last_name
        """
    )
    _count(compute)
    # One error away means the same letters, the same beginning or the same end: all pairs would be too many to try.
    keyed = """(SELECT *, unnest([array_to_string(list_sort(string_split(first_name, '')), ''),
        '<' || left(first_name, 2), '>' || right(first_name, 3)]) AS key FROM _first_name)"""
    compute.run(
        f"""
        UPDATE _said SET first_root = m.root FROM (
            SELECT rare.first_name, arg_max(good.first_root, (good.uses, good.first_name)) AS root
            FROM {keyed} rare JOIN {keyed} good ON rare.key = good.key
            WHERE length(rare.first_name) > 3 AND good.uses >= {KNOWN} AND rare.uses * {RARER} <= good.uses * {KNOWN}
                AND rare.first_root = rare.first_name AND rare.first_name <> good.first_name
                AND {one_edit("rare.first_name", "good.first_name")}
            GROUP BY rare.first_name
        ) m WHERE _said.first_name = m.first_name
        """
    )
    compute.drop("_local", "_guess")


def _count(compute: Compute) -> None:
    compute.table(
        "_first_name",
        """SELECT first_name, any_value(first_root ORDER BY first_root) AS first_root, count(DISTINCT last_name) AS uses
           FROM _said WHERE first_name IS NOT NULL GROUP BY ALL""",
    )
    compute.table(
        "_last_name",
        "SELECT last_name, count(DISTINCT first_root) AS uses FROM _said WHERE last_name IS NOT NULL GROUP BY ALL",
    )
