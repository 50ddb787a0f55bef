from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from engine.compute import Compute
from engine.evaluate import Calibration, Decile, calibration


def judge(folder: Path, matches: list[tuple[str, str, float | None]]) -> Calibration:
    truth = folder / "truth.csv"
    truth.write_text("source,key,person\ncrm,1,ann\ncrm,2,ann\ncrm,3,bob\n", encoding="utf-8")
    with Compute(threads=1) as compute:
        columns = {"record_a": pa.string(), "record_b": pa.string(), "probability": pa.float64()}
        rows = [dict(zip(columns, match, strict=True)) for match in matches]
        compute.load("matches", pa.Table.from_pylist(rows, schema=pa.schema(columns)))
        return calibration(compute, "matches", truth)


def test_deciles_brier_and_error(tmp_path: Path) -> None:
    got = judge(
        tmp_path,
        [("crm:1", "crm:2", 1.0), ("crm:1", "crm:3", 0.9), ("crm:2", "crm:3", 0.05), ("crm:1", "crm:9", 0.5),
         ("crm:1", "crm:2", None)],
    )  # fmt: skip
    assert got.deciles == (Decile(0.0, 0.1, 1, 0.05, 0.0), Decile(0.9, 1.0, 2, 0.95, 0.5))
    assert (got.pairs, got.unjudged) == (3, 2)
    assert got.brier == pytest.approx((0 + 0.81 + 0.0025) / 3)
    assert got.error == pytest.approx((1 * 0.05 + 2 * 0.45) / 3)
    assert json.loads(json.dumps(got.to_dict()))["pairs"] == 3


def test_without_matches_there_is_nothing_to_judge(tmp_path: Path) -> None:
    assert judge(tmp_path, []) == Calibration((), 0, 0, None, None)
