"""What is known of a group of nodes, as far as it could speak against joining it with another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from engine.cluster.policy import Policy
from engine.compute import Compute
from engine.link import names
from engine.link.model import Model
from engine.tables import DECIDED_BY

#: Decisions are told by what is asked about them.
DECIDED = DECIDED_BY + "{} to be two people (entry {})"
TWO_OF_A_KIND = "two different values of {}, of which a person has one"
NAMES = "most first names disagree"
GENERATIONS = "one is {}, the other {}, of the same name"
BIRTH_DATES = "all birth dates disagree"
TOO_MANY = "more than {} records in one customer"
OUTVOTED = "most other pairs of their records are no matches"
OUTWEIGHED = "outweighed by what the other records say: {}"


#: Pairs of first names, in both orders, that can't be one person's.
Clashes = set[tuple[str, str]]


@dataclass(slots=True)
class Group:
    """The nodes joined so far: what they are called, birth dates, identifiers, and the sources of their contacts.

    `names` counts nodes; of what `unique` lists by type, a person has one.
    """

    names: dict[str, int]
    births: frozenset[str]
    generations: frozenset[str]
    unique: dict[str, str]
    sources: frozenset[str]
    email: frozenset[str]
    phone: frozenset[str]
    records: int

    def absorb(self, other: Group) -> None:
        """Take over all that another group knows."""
        for name, nodes in other.names.items():
            self.names[name] = self.names.get(name, 0) + nodes
        self.births |= other.births
        self.generations |= other.generations
        self.unique |= other.unique
        self.sources |= other.sources
        self.email |= other.email
        self.phone |= other.phone
        self.records += other.records


class Tie(NamedTuple):
    """What speaks for joining two groups: the weight without the source's share, and which comparisons it contains.

    `proof` says that an account or a birth date is among them, which no disagreement of names overrules.
    """

    weight: float
    proof: bool
    email: bool
    phone: bool


def tie_columns(model: Model, weight: Callable[[str], str]) -> str:
    """SQL of the columns proof, email and phone of a Tie; `weight` gives the SQL of a comparison's weight."""
    proof = " OR ".join(f"{weight(c)} > 0" for c in ("account", "birth_date") if c in model.comparisons)
    told = (f"{weight(c)} IS NOT NULL" if c in model.comparisons else "false" for c in ("email", "phone"))
    return "coalesce({}, false) AS proof, {} AS email, {} AS phone".format(proof or "false", *told)


def refusal(a: Group, b: Group, tie: Tie, policy: Policy, clashes: Clashes) -> str | None:
    """Why two groups may not become one customer, in words; None if they may."""
    if decided := kept_apart(a, b):
        return decided
    for kind, value in a.unique.items():
        if b.unique.get(kind, value) != value:
            return TWO_OF_A_KIND.format(kind)
    if a.records + b.records > policy.max_records:
        return TOO_MANY.format(policy.max_records)
    if a.generations and b.generations and not a.generations & b.generations:
        return GENERATIONS.format(min(a.generations), min(b.generations))
    if not (tie.proof or a.births & b.births):
        if policy.births_forbid and a.births and b.births:
            return BIRTH_DATES
        if policy.names_forbid and a.names and b.names:
            clash = sum(x * y for i, x in a.names.items() for j, y in b.names.items() if (i, j) in clashes)
            if clash * 2 > sum(a.names.values()) * sum(b.names.values()):
                return NAMES
    return _outweighed(a, b, tie, policy)


def kept_apart(a: Group, b: Group) -> str | None:
    """The decision that two groups are two people, in words; None if there is none."""
    for kind, side in a.unique.items():
        if kind.startswith(DECIDED_BY) and b.unique.get(kind, side) != side:
            return kind
    return None


def _outweighed(a: Group, b: Group, tie: Tie, policy: Policy) -> str | None:
    """A pair of records sees little: groups that share no identifier and stand in the same sources are two people."""
    against: list[str] = []
    weight = tie.weight
    for source in sorted(a.sources & b.sources):
        if source in policy.twice:
            weight += policy.twice[source]
            against.append(f"both are in {source}")
    if not tie.email and a.email and b.email and not a.email & b.email:
        weight += policy.apart.get("email", 0.0)
        against.append("no e-mail in common")
    if not tie.phone and a.phone and b.phone and not a.phone & b.phone:
        weight += policy.apart.get("phone", 0.0)
        against.append("no phone in common")
    return OUTWEIGHED.format(", ".join(against)) if weight < policy.threshold and against else None


def load_groups(compute: Compute, wanted: str, by: str) -> dict[int, Group]:
    """What is known of nodes, gathered by column `by` (node_id or group_id of `group_of`).

    `wanted` is a query of group ids. Reads `group_of`, `nodes`, `node_sizes` and `unique_values`.
    """
    rows = compute.arrow(
        f"""
        SELECT g.{by} AS id, n.first_name, n.birth_text, n.generation, n.emails, n.phones, s.records, u.singular,
            CASE WHEN n.kind = 'contact' THEN n.source END AS source
        FROM group_of g JOIN nodes n USING (node_id) JOIN node_sizes s USING (node_id)
        LEFT JOIN (SELECT node_id, list([type, value] ORDER BY type) AS singular FROM unique_values GROUP BY node_id) u
            USING (node_id)
        WHERE g.group_id IN ({wanted}) ORDER BY g.node_id
        """
    )
    groups: dict[int, Group] = {}
    for key, name, birth, generation, emails, phones, records, singular, source in zip(
        *(column.to_pylist() for column in rows.columns), strict=True
    ):
        group = Group(
            names={name: 1} if name else {},
            births=frozenset((birth,) if birth else ()),
            generations=frozenset((generation,) if generation else ()),
            unique=dict(singular or ()),
            sources=frozenset((source,) if source else ()),
            email=frozenset(emails or ()),
            phone=frozenset(phones or ()),
            records=records,
        )
        if key in groups:
            groups[key].absorb(group)
        else:
            groups[key] = group
    return groups


def find_clashes(compute: Compute, bags: str) -> Clashes:
    """Find first names in one bag that can't be one person's. `bags` is a query of (bag, node_id)."""
    compute.table(
        "_bagged",
        f"""SELECT DISTINCT bag, first_name, first_root, first_count FROM ({bags}) JOIN nodes USING (node_id)
            WHERE first_name IS NOT NULL""",
    )
    # Few names make up many pairs, and judging two is dear: each two are judged once.
    found = compute.rows(
        f"""
        WITH name AS (SELECT DISTINCT first_name, first_root, first_count FROM _bagged),
        met AS (SELECT DISTINCT l.first_name AS a, r.first_name AS b
                FROM _bagged l JOIN _bagged r ON l.bag = r.bag AND l.first_name < r.first_name)
        SELECT DISTINCT a, b FROM met JOIN name l ON l.first_name = a JOIN name r ON r.first_name = b
        WHERE {names.contradictory("l", "r")}
        """
    )
    compute.drop("_bagged")
    return {pair for a, b in found for pair in ((a, b), (b, a))}
