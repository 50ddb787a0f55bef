"""Which pairs of nodes are worth comparing: the union of many narrow rules, without blocks that grew too large."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.compute import Compute, quote
from engine.compute.failure import MEANINGLESS
from engine.errors import ConfigError
from engine.tables import EXTRA


@dataclass(frozen=True)
class Rule:
    """Compare nodes with the same `key` (SQL over a row of nodes, NULL: not blocked). `exact` marks identifiers."""

    name: str
    key: str
    exact: bool = False


#: Blocks of mere likeness may be so many times smaller than those of an identifier. What a large one holds together is
#: common, and those of its pairs that agree in more stand in a narrower rule's block as well.
LIKENESS = 5
#: A rule of mere likeness proposes no more pairs than so many a node, or so many in all where that is more: its largest
#: blocks are left out until it doesn't. Work then grows with the data and not with their square.
PAIRS_PER_NODE = 1
PAIRS_AT_LEAST = 100_000


def _both(*parts: str) -> str:
    return " || '|' || ".join(parts)


_FIRST = "CASE WHEN length(first_name) > 1 THEN first_name END"
_ROOT = "CASE WHEN length(first_root) > 1 THEN first_root END"
# Not with least() and greatest(), which pass over NULLs: a last name alone is no pair of names.
_IN_ORDER = (
    "CASE WHEN first_name < last_name THEN first_name || '|' || last_name ELSE last_name || '|' || first_name END"
)

#: Identifiers first, then the narrow rules, then those that forgive a typing error: a pair is called by the first.
RULES = (
    Rule("same e-mail", "unnest(emails)", exact=True),
    Rule("same phone", "unnest(phones)", exact=True),
    Rule("same account", "unnest(accounts)", exact=True),
    Rule("same e-mail name", "CASE WHEN length(email_local) > 4 THEN email_local END"),
    Rule("same small domain", "rare_domain"),
    Rule("name and birth date", _both(_ROOT, "birth_text")),
    Rule("last name and birth date", _both("last_name", "birth_text")),
    Rule("full name", _both(_FIRST, "last_name")),
    Rule("nickname and last name", _both(_ROOT, "last_name")),
    Rule("names swapped", _IN_ORDER),
    Rule("first name and postcode", _both(_ROOT, "postcode")),
    Rule("last name and postcode", _both("last_name", "postcode")),
    Rule("first name and street", _both(_ROOT, "street")),
    Rule("last name and street", _both("last_name", "street")),
    Rule("first name and city", _both(_ROOT, "city")),
    Rule("last name and city", _both("last_name", "city")),
    Rule("street and postcode", _both("street", "postcode")),
    Rule("street and birth date", _both("left(street, 8)", "birth_text")),
    Rule("birth date and postcode", _both("birth_text", "postcode")),
    Rule("birth date and city", _both("birth_text", "city")),
    Rule("birth date", "birth_text"),
    Rule("beginnings of both names", _both("left(first_name, 2)", "left(last_name, 4)")),
    Rule("ends of both names", _both("right(first_name, 3)", "right(last_name, 4)")),
    Rule("phone but its last digit", "CASE WHEN length(phone) > 8 THEN left(phone, length(phone) - 1) END"),
    Rule("end of the phone", "CASE WHEN length(phone) > 8 THEN right(phone, 7) END"),
)


def choose(compute: Compute, own: tuple[str, ...] = ()) -> list[Rule]:
    """The rules for the `nodes` that there are, and the project's own (a column, or SQL over l and r).

    A rule of which a column is empty would propose nothing, and is left out.
    """
    columns = list(compute.columns("nodes"))
    counts = compute.rows(f"SELECT {', '.join(f'count({quote(column)})' for column in columns)} FROM nodes")[0]
    empty = {column for column, count in zip(columns, counts, strict=True) if not count}
    found = [rule for rule in RULES if empty.isdisjoint(re.findall(r"\w+", rule.key))]
    for column in (c for c in columns if c not in empty and (c.startswith(EXTRA) or c == "company")):
        name, key = column.removeprefix(EXTRA), quote(column)
        found += [
            Rule(f"same {name}", key),
            Rule(f"{name} and last name", _both(key, "last_name")),
            Rule(f"{name} and first name", _both(key, _ROOT)),
        ]
    return found + [Rule(rule, rule) for rule in own]


def block(compute: Compute, rules: list[Rule], block_size: int, link_only: bool) -> int:
    """Make `blocked` (join_key_l, join_key_r, match_key): each pair of node ids once, l < r, under its first rule.

    See `propose`, which says what is compared. Returns the number of pairs.
    """
    propose(compute, rules, block_size, link_only)
    return settle(compute)


def propose(compute: Compute, rules: list[Rule], block_size: int, link_only: bool) -> None:
    """Make `_blocked` (a, b, rule): each pair of node ids, a <= b, under every rule that proposes it.

    A node that stands for several records is paired with itself as well, to learn what their likeness is worth.
    Blocks that are too large are not compared (see `find_blocks`). With `link_only`, pairs of one source are left out.
    Errors: ConfigError for a rule of the project's own that can't be understood.
    """
    compute.run("CREATE OR REPLACE TABLE _blocked (a BIGINT, b BIGINT, rule SMALLINT)")
    between = "AND l.source <> r.source" if link_only else ""
    for number, rule in enumerate(rules):
        try:
            if re.search(r"\b[lr]\.", rule.key):
                pairs = f"nodes l JOIN nodes r ON l.node_id < r.node_id AND ({rule.key})"
            else:
                find_blocks(compute, rule, block_size)
                pairs = "blocks l JOIN blocks r ON l.key = r.key AND l.node_id < r.node_id"
            compute.run(f"INSERT INTO _blocked SELECT l.node_id, r.node_id, {number} FROM {pairs} {between}")
        except MEANINGLESS as error:
            raise ConfigError(
                f"blocking rule {rule.name!r} is neither a column of the compared records nor SQL over l and r:"
                f" {str(error).splitlines()[0]}"
            ) from error
    compute.run(
        f"INSERT INTO _blocked SELECT node_id, node_id, {len(rules)} FROM node_records"
        " GROUP BY node_id HAVING count(*) > 1"
    )
    compute.drop("blocks", "_held")


def settle(compute: Compute) -> int:
    """Make `blocked` of what was proposed; returns the number of pairs."""
    count = compute.table(
        "blocked",
        "SELECT a AS join_key_l, b AS join_key_r, min(rule)::VARCHAR AS match_key FROM _blocked GROUP BY a, b",
    )
    compute.drop("_blocked")
    return count


def find_blocks(compute: Compute, rule: Rule, block_size: int) -> None:
    """Make `blocks` (node_id, source, key): the nodes that a rule compares, `key` a hash.

    Left out are blocks of more than `block_size` nodes; for a rule of mere likeness those of more than a LIKENESS-th,
    and its largest ones until what is left holds no more than PAIRS_PER_NODE or PAIRS_AT_LEAST.
    """
    compute.table(
        "_held",
        f"""
        SELECT *, count(*) OVER (PARTITION BY key) AS size FROM (
            SELECT DISTINCT node_id, source, hash(key) AS key
            FROM (SELECT node_id, source, {rule.key} AS key FROM nodes) WHERE key IS NOT NULL)
        """,
    )
    limit = block_size
    if not rule.exact:
        limit = max(block_size // LIKENESS, 2)
        limit = compute.value(
            """
            SELECT coalesce(max(size), 0) FROM (
                SELECT size, sum(count(*) * (size - 1) / 2) OVER (ORDER BY size) AS pairs FROM _held GROUP BY size)
            WHERE size <= $limit AND pairs <= greatest((SELECT count(*) FROM nodes) * $each, $least)
            """,
            {"limit": limit, "each": PAIRS_PER_NODE, "least": PAIRS_AT_LEAST},
        )
    compute.table("blocks", "SELECT * EXCLUDE (size) FROM _held WHERE size BETWEEN 2 AND $limit", {"limit": limit})
