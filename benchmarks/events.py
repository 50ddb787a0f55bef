"""Whose events were, against a ceiling: the same rules with the true identities in place of Clew's.

    python benchmarks/events.py PROJECT.yaml            # something that was run, with truth files beside it
    python benchmarks/events.py --data DIR              # a folder of exports with truth files
    python benchmarks/events.py --demo 20000

Prints, of the events that the rules could tie to somebody if all identities were known, how many are the right
customer's and how many a wrong one's, by what tied them; and the share of orders on the right customer. A customer is
the person that most of its records are.
"""

from __future__ import annotations

from pathlib import Path

from ceiling import Judged, judged, rows_of, true_run

from engine.compute import Compute

#: What ties an event, or one of its own session.
_DIRECT = ("login", "order", "click", "session")


def measure(of: Judged, work: Path) -> None:
    """Print all of it."""
    best = true_run(of, work / "truth")
    with Compute() as compute:
        for table in ("members", "event_owners", "orders"):
            compute.read_parquet(table, of.run.path(table))
        compute.read_parquet("ceiling", best.path("event_owners"))
        for name, path in (("truth", of.truth), ("truth_events", of.truth_events)):
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
        right = "count(*) FILTER (o.person = t.person)"
        wrong = "count(*) FILTER (o.person <> t.person)"
        found = compute.rows(
            f"""SELECT coalesce(o.because, '-'), count(*), {right}, {wrong},
                    count(*) FILTER (c.customer_id IS NOT NULL),
                    count(*) FILTER (c.customer_id IS NOT NULL AND o.person = t.person),
                    count(*) FILTER (c.customer_id = t.person)
                FROM truth_events t LEFT JOIN ours o USING (source, key) LEFT JOIN ceiling c USING (source, key)
                GROUP BY 1 ORDER BY 1"""
        )
        rows_of("tied by|events|right|wrong", [(because, *(f"{n:,}" for n in row[:3])) for because, *row in found])
        events, good, bad, could, both, best_right = (sum(row[i] for row in found) for i in range(1, 7))
        orders, mine = compute.rows(
            """SELECT count(*), count(*) FILTER (mine.person = truth.person)
               FROM orders JOIN truth USING (source, key) LEFT JOIN mine USING (record_id)"""
        )[0]
        print(f"events     {good + bad:,} of {events:,} tied; the ceiling ties {could:,}, {best_right:,} of them right")
        print(f"of those   {both:,} on the right customer ({both / could:.2%})")
        off, best_off = bad / (good + bad), 1 - best_right / could
        print(f"wrong      {bad:,} of the tied ({off:.2%}); at the ceiling {could - best_right:,} ({best_off:.2%})")
        direct = [row for row in found if row[0] in _DIRECT]
        tied, bad = (sum(row[n] for row in direct) for n in (1, 3))
        print(f"           {bad:,} of those tied by {', '.join(_DIRECT)} ({bad / tied:.2%})")
        print(f"orders     {mine:,} of {orders:,} on the right customer ({mine / orders:.2%})")


if __name__ == "__main__":
    measure(*judged(__doc__))
