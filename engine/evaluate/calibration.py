"""Does a match with probability 0.9 turn out to be true nine times out of ten? This shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.compute import Compute, quote
from engine.evaluate.truth import TRUTH, read_truth


@dataclass(frozen=True)
class Decile:
    """Pairs whose probability lies in [lower, upper) (the last one includes 1)."""

    lower: float
    upper: float
    pairs: int
    predicted: float
    true: float


@dataclass(frozen=True)
class Calibration:
    """Predicted probability beside the share that is true; deciles without pairs have no row.

    `brier` is the mean squared difference of probability and outcome (Brier, Monthly Weather Review 78, 1950); `error`
    the expected calibration error: the mean of |predicted - true| over the deciles, weighted by their pairs (Naeini,
    Cooper & Hauskrecht, AAAI 2015). Both are 0 at best and None without pairs. `unjudged` pairs have a record that the
    truth doesn't name, or no probability.
    """

    deciles: tuple[Decile, ...]
    pairs: int
    unjudged: int
    brier: float | None
    error: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def calibration(compute: Compute, matches_table: str, truth: Path) -> Calibration:
    """Compare the probabilities of `matches_table` (record_a, record_b, probability) with a truth file.

    Record ids are "source:key", as in MATCHES. Pairs that were never proposed have no row there, so this judges the
    probabilities of the matches at hand, not of all pairs.

    Raises SourceError when the truth file can't be used.
    """
    read_truth(compute, truth)
    # One pass over the matches; each decile brings its share of the Brier score along.
    rows = compute.rows(
        f"""WITH persons AS (SELECT source || ':' || key AS record_id, person FROM {quote(TRUTH.name)}),
            judged AS (
                SELECT m.probability AS p, (a.person = b.person)::INTEGER AS same
                FROM {quote(matches_table)} m
                LEFT JOIN persons a ON a.record_id = m.record_a LEFT JOIN persons b ON b.record_id = m.record_b)
            SELECT CASE WHEN p IS NULL OR same IS NULL THEN -1 ELSE least(floor(p * 10), 9)::INTEGER END AS decile,
                   count(*), avg(p), avg(same), sum((p - same) ** 2)
            FROM judged GROUP BY decile ORDER BY decile"""
    )
    judged = [row for row in rows if row[0] >= 0]
    pairs = sum(row[1] for row in judged)
    return Calibration(
        deciles=tuple(Decile(d / 10, (d + 1) / 10, count, p, same) for d, count, p, same, _ in judged),
        pairs=pairs,
        unjudged=sum(row[1] for row in rows if row[0] < 0),
        brier=sum(row[4] for row in judged) / pairs if pairs else None,
        error=sum(row[1] * abs(row[2] - row[3]) for row in judged) / pairs if pairs else None,
    )
