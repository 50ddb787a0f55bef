"""What a run's model says of pairs of records that nobody asked it about: the evidence for and against, on demand."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.compute import Compute
from engine.link.again import set_up
from engine.link.score import reasons, score

if TYPE_CHECKING:
    from engine.config import Config
    from engine.runs import RunTables
    from engine.state import State


def weigh(
    run: RunTables, model: Path, config: Config, state: State, left: Collection[str], right: Collection[str]
) -> dict[str, Any] | None:
    """Weigh two groups of records against each other with the model in folder `model`, as collective matching does.

    What people have blocked counts for nothing.
    Each comparison counts with its best weight over all pairs across, so that what speaks for and against stands side
    by side; the pair of records that it comes from is named. Returns record_a and record_b (the strongest pair), weight
    (bits, prior included), probability and reasons, as in tables.MATCHES; None where no pair reaches LEAST_WEIGHT.
    It takes as long as `set_up` does.
    """
    with Compute() as compute:
        trained = set_up(compute, run, model, config, state)
        for side, records in (("_left", left), ("_right", right)):
            compute.load("_given", pa.table({"record_id": pa.array(sorted(records), pa.string())}))
            compute.table(
                side,
                """SELECT node_id, min(record_id) AS record_id FROM node_records SEMI JOIN _given USING (record_id)
                   GROUP BY node_id""",
            )
        compute.table(
            "blocked",
            """SELECT least(l.node_id, r.node_id) AS join_key_l, greatest(l.node_id, r.node_id) AS join_key_r,
               '0' AS match_key FROM _left l JOIN _right r ON l.node_id <> r.node_id GROUP BY ALL""",
        )
        score(compute, trained)
        pairs = compute.arrow(
            f"""
            WITH ends AS (FROM _left UNION FROM _right)
            SELECT x.record_id AS record_a, y.record_id AS record_b, weight, {reasons(trained)} AS reasons
            FROM scored JOIN ends x ON x.node_id = a JOIN ends y ON y.node_id = b
            ORDER BY weight DESC, record_a, record_b
            """
        ).to_pylist()
    return _together(pairs, trained.prior_weight) if pairs else None


def _together(pairs: list[dict[str, Any]], prior: float) -> dict[str, Any]:
    """The best of each comparison over all pairs, strongest first. `source` speaks of pairs alone."""
    best: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        ends = {"record_a": pair["record_a"], "record_b": pair["record_b"]}
        for reason in pair["reasons"]:
            known = best.get(reason["comparison"])
            if reason["comparison"] != "source" and (known is None or reason["weight"] > known["weight"]):
                best[reason["comparison"]] = reason | ends
    told = sorted(best.values(), key=lambda r: (-r["weight"], r["comparison"]))
    weight = prior + sum(reason["weight"] for reason in told)
    pair = {name: pairs[0][name] for name in ("record_a", "record_b")}
    return {**pair, "weight": weight, "probability": 1 / (1 + 2**-weight), "reasons": told}
