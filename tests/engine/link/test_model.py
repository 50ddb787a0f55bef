"""The model: kept in a file, used again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.errors import LinkError
from engine.link.model import Model
from engine.progress import Silent
from engine.runs import read_manifest
from tests.engine.conftest import Published
from tests.engine.corner import Corner


def test_a_model_comes_back_from_its_file_as_it_was(
    published: Published, folder: Path, compute: Compute, tmp_path: Path
) -> None:
    model = Model.load(compute, folder)
    assert model.hash == published.result.manifest["model_hash"]
    assert model.hash.startswith(folder.name)
    again = model.save(compute, tmp_path / "again")
    assert again.name == folder.name
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in folder.iterdir()}
    assert Model.load(compute, again) == model


def test_a_model_changed_by_hand_is_refused(folder: Path, compute: Compute) -> None:
    path = folder / "model.json"
    found = json.loads(path.read_text())
    found["settings"]["comparisons"][0]["comparison_levels"][1]["m_probability"] = 0.5
    path.write_text(json.dumps(found))
    with pytest.raises(LinkError, match=r"changed by hand.*clew train"):
        Model.load(compute, folder)


def test_a_model_of_a_newer_version_is_refused(folder: Path, compute: Compute) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 99}))
    with pytest.raises(LinkError, match="newer version"):
        Model.load(compute, folder)


@pytest.mark.parametrize("damage", ["no model", "no json", "no field", "no frequencies", "broken frequencies"])
def test_a_damaged_model_is_refused_in_a_sentence(folder: Path, compute: Compute, damage: str) -> None:
    frequencies = sorted(folder.glob("tf_*.parquet"))[0]
    if damage == "no model":
        (folder / "model.json").unlink()
    elif damage == "no json":
        (folder / "model.json").write_text('{"settings"')
    elif damage == "no field":
        (folder / "model.json").write_text('{"hash": "", "schema_version": 1}')
    elif damage == "no frequencies":
        frequencies.unlink()
    else:
        frequencies.write_bytes(frequencies.read_bytes()[:40])
    with pytest.raises(LinkError, match=r"can't be read.*clew train"):
        Model.load(compute, folder)


def test_a_later_run_keeps_the_model_and_retraining_makes_one(corner: Corner) -> None:
    class Steps(Silent):
        def __init__(self) -> None:
            self.taken: list[str] = []

        def step(self, text: str) -> None:
            self.taken.append(text)

    kept, made = Steps(), Steps()
    before = read_manifest(corner.current())["model_hash"]
    assert corner.run(reporter=kept).manifest["model_hash"] == before
    assert corner.run(reporter=made, retrain=True).manifest["model_hash"] == before  # from the same data
    assert "train" not in kept.taken
    assert "train" in made.taken
