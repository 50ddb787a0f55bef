"""Whose events were, against a ceiling: the same rules with the true identities in place of Clew's.

    python benchmarks/events.py PROJECT.yaml [TRUTH.csv TRUTH_EVENTS.csv]

Takes the current run of a project (of `clew demo`, or of any folder with truth files: source, key, person). Prints, of
the events that the rules could tie to somebody if all identities were known, how many are the right customer's and how
many a wrong one's, by what tied them; and the share of orders on the right customer. A customer is the person that
most of its records are.

Of each person's last cart or checkout it prints how well "bought since" is known: precision and recall against what
the true identities would say.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cluster.events import own_events
from engine.compute import Compute
from engine.config import load
from engine.runs import Layout
from engine.state import State

_READ = ("records", "identifiers", "members", "shared_values", "orders", "events", "event_owners")


def measure(project: Path, truth: Path, truth_events: Path) -> dict[str, int]:
    """Counts: ties, orders and events by whether they are right."""
    config = load(project)
    layout = Layout(project.parent / config.store)
    with State.open(layout.store) as state:
        current = state.current_run()
    if current is None:
        raise SystemExit(f"{project}: has no run")
    with Compute() as compute:
        for table in _READ:
            compute.read_parquet(table, layout.run(current.run_id).path(table))
        for name, path in (("truth", truth), ("truth_events", truth_events)):
            compute.table(name, "SELECT source, key, person FROM read_csv($p, all_varchar = true)", {"p": str(path)})
        compute.table(
            "person_of",
            """SELECT customer_id, arg_max(person, (n, person)) AS person FROM (
                   SELECT customer_id, person, count(*) AS n FROM members
                   JOIN truth ON record_id = source || ':' || key GROUP BY ALL) GROUP BY customer_id""",
        )
        compute.table(
            "ours", "SELECT source, key, person, because FROM event_owners JOIN person_of USING (customer_id)"
        )
        compute.table("mine", "SELECT record_id, person FROM members JOIN person_of USING (customer_id)")
        # The ceiling: the true persons as customers. Records without truth stay out, and values of several persons tie
        # nobody, as they would tie no customer.
        compute.run("DROP VIEW members; DROP VIEW event_owners")
        compute.table(
            "members",
            """SELECT source || ':' || key AS record_id, person AS customer_id, 1.0::DOUBLE AS confidence,
                   NULL::TIMESTAMP AS since FROM truth""",
        )
        own_events(compute)
        right = "count(*) FILTER (o.person = t.person)"
        wrong = "count(*) FILTER (o.person <> t.person)"
        rows = compute.rows(
            f"""SELECT coalesce(o.because, '-'), count(*), {right}, {wrong},
                    count(*) FILTER (c.customer_id IS NOT NULL),
                    count(*) FILTER (c.customer_id IS NOT NULL AND o.person = t.person),
                    count(*) FILTER (c.customer_id = t.person)
                FROM truth_events t LEFT JOIN ours o USING (source, key) LEFT JOIN event_owners c USING (source, key)
                GROUP BY 1 ORDER BY 1"""
        )
        print(f"{'tied by':10}{'events':>12}{'right':>12}{'wrong':>10}")
        for because, count, good, bad, *_ in rows:
            print(f"{because:10}{count:12,}{good:12,}{bad:10,}")
        events, good, bad, could, both, best = (sum(row[i] for row in rows) for i in range(1, 7))
        orders = compute.rows(
            """SELECT count(*), count(*) FILTER (mine.person = truth.person)
               FROM orders JOIN truth USING (source, key) LEFT JOIN mine USING (record_id)"""
        )[0]
        print(f"events     {good + bad:,} of {events:,} tied; the ceiling ties {could:,}, {best:,} of them right")
        print(f"of those   {both:,} on the right customer ({both / could:.2%})")
        print(f"wrong      {bad:,} of the tied ({bad / (good + bad):.2%})")
        print(f"orders     {orders[1]:,} of {orders[0]:,} on the right customer ({orders[1] / orders[0]:.2%})")
        carts = """
            WITH ordered AS (
                SELECT person, max(o."at") AS last FROM orders o JOIN {who} w USING (record_id) GROUP BY 1),
            cart AS (SELECT w.person, max(e."at") AS "at" FROM events e JOIN {whose} w USING (source, key)
                     WHERE kind IN ('add_to_cart', 'begin_checkout') GROUP BY 1)
            SELECT person, coalesce(last > cart."at", false) AS bought FROM cart LEFT JOIN ordered USING (person)"""
        true_orders = "(SELECT source || ':' || key AS record_id, person FROM truth)"
        best = "(SELECT source, key, customer_id AS person FROM event_owners)"
        true, found = carts.format(who=true_orders, whose=best), carts.format(who="mine", whose="ours")
        said, hit, real = compute.rows(
            f"""SELECT count(*) FILTER (f.bought), count(*) FILTER (f.bought AND t.bought), count(*) FILTER (t.bought)
                FROM ({true}) t JOIN ({found}) f USING (person)"""
        )[0]
        print(f"carts      bought since: precision {hit / said:.2%}, recall {hit / real:.2%} of {real:,}")
        return {"events": events, "right": good, "wrong": bad, "ceiling": could}


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("truth", type=Path, nargs="?")
    parser.add_argument("truth_events", type=Path, nargs="?")
    given = parser.parse_args()
    folder = given.project.parent
    measure(given.project, given.truth or folder / "truth.csv", given.truth_events or folder / "truth_events.csv")


if __name__ == "__main__":
    main()
