"""How alike two groupings of the same records are."""

from __future__ import annotations

from engine.compare.fates import CELLS
from engine.compare.result import Agreement
from engine.compute import Compute


def agreement(compute: Compute) -> Agreement:
    """Agreement over the records that both runs hold, from CELLS.

    With n records, and a, b and c the sizes of a customer before, of one after, and of what the two share:
    adjusted Rand = (S - AB/T) / ((A + B)/2 - AB/T) with S, A, B the sums of c(c-1)/2, a(a-1)/2, b(b-1)/2 and
    T = n(n-1)/2; V = 2hk / (h + k) with h = 1 - H(before|after)/H(before) and k = 1 - H(after|before)/H(after).
    """
    compute.view("compare_common", f"SELECT * FROM {CELLS} WHERE before IS NOT NULL AND after IS NOT NULL")
    # Entropies times n, of n ln n - sum(c ln c), so that they need no n before all of it is counted.
    sums = "coalesce(sum(n), 0)::BIGINT, coalesce(sum(n * (n - 1) / 2), 0)::BIGINT, coalesce(sum(n * ln(n)), 0)"
    rows = [
        compute.rows(f"SELECT {sums} FROM (SELECT sum(records) AS n FROM compare_common GROUP BY {by})")[0]
        for by in ("before, after", "before", "after")
    ]
    compute.run("DROP VIEW compare_common")
    (n, both, joint), (_, was, entropy_was), (_, is_now, entropy_now) = rows
    total = n * (n - 1) / 2
    expected = was * is_now / total if total else 0.0
    room = (was + is_now) / 2 - expected
    whole = compute.value("SELECT $n * ln($n)", {"n": n}) if n else 0.0
    homogeneous = _known(entropy_now - joint, whole - entropy_was)
    complete = _known(entropy_was - joint, whole - entropy_now)
    balance = homogeneous + complete
    return Agreement(
        records=n,
        pairs_before=was,
        pairs_after=is_now,
        pairs_gained=is_now - both,
        pairs_lost=was - both,
        adjusted_rand=(both - expected) / room if room else 1.0,
        v_measure=2 * homogeneous * complete / balance if balance else 0.0,
    )


def _known(left: float, whole: float) -> float:
    """The share of an entropy that the other grouping explains; all of it where there is none."""
    return 1.0 - left / whole if whole > 1e-9 else 1.0
