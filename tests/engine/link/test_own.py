"""A Splink settings or model file of the user's own, from the project file to the answer."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ConfigError
from engine.link import own
from engine.runs import read_manifest
from tests.engine.corner import MODEL, PEOPLE, Corner, Row, customers, table, untrained

pytestmark = pytest.mark.long


def model_of(shop: Corner) -> dict[str, Any]:
    folder = shop.store / "models" / read_manifest(shop.current())["model"]
    return dict(json.loads((folder / "model.json").read_text()))


def test_a_trained_model_is_used_with_the_weights_it_holds(corner_run: Corner) -> None:
    settings = model_of(corner_run)["settings"]
    assert settings["probability_two_random_records_match"] == MODEL["probability_two_random_records_match"]
    for ours, theirs in zip(settings["comparisons"], MODEL["comparisons"], strict=True):
        for level, given in zip(ours["comparison_levels"], theirs["comparison_levels"], strict=True):
            assert level["sql_condition"] == given["sql_condition"]
            assert level.get("m_probability") == given.get("m_probability")
    assert customers(corner_run.current()) == PEOPLE
    ((reasons,),) = table(corner_run.current(), "matches", "reasons", "WHERE record_a = 'till:8'")
    assert [(r["comparison"], r["level"], r["weight"]) for r in reasons] == [
        ("phone", "same number", 11.773139),
        ("last_name", "same surname", 6.569856),
        ("first_name", "same name", 2.169925),
    ]


def test_settings_without_weights_are_trained_here(new_corner: Corner) -> None:
    firsts = ("Ada", "Ben", "Cy", "Dora", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo")
    lasts = ("Abel", "Boyd", "Cole", "Dorn", "Eads", "Finn", "Gray", "Hale")
    people: list[Row] = [
        {
            "id": f"{n}",
            "first_name": first,
            "last_name": last,
            "email": f"m{n}@mail.com",
            "phone": f"415-555-{2000 + n}",
        }
        for n, (first, last) in enumerate((f, last) for f in firsts for last in lasts)
    ]
    new_corner.write_model(untrained())
    new_corner.write("web", people)
    new_corner.write("till", [{**p, "phone": None} if n % 4 else {**p, "email": None} for n, p in enumerate(people)])
    result = new_corner.run()
    assert customers(result.run) == sorted([f"till:{n}", f"web:{n}"] for n in range(len(people)))
    settings = model_of(new_corner)["settings"]
    assert [c["output_column_name"] for c in settings["comparisons"]] == ["first_name", "last_name", "email", "phone"]
    told = [
        level for c in settings["comparisons"] for level in c["comparison_levels"] if not level.get("is_null_level")
    ]
    assert all(0 < level[p] <= 1 for level in told for p in ("m_probability", "u_probability"))


def test_a_rare_name_weighs_more_than_a_common_one_where_the_file_asks_for_it(new_corner: Corner) -> None:
    changed = copy.deepcopy(MODEL)
    changed["comparisons"][1]["comparison_levels"][1]["tf_adjustment_column"] = "last_name"
    new_corner.write_model(changed)
    lasts = ["Smith"] * 60 + ["Archer"]
    shop: list[Row] = [
        {
            "id": str(n),
            "first_name": f"{chr(97 + n % 26) * (3 + n // 26)}",
            "last_name": last,
            "email": f"m{n}@mail.com",
        }
        for n, last in enumerate(lasts)
    ]
    new_corner.write("web", shop)
    new_corner.write("till", [{**row, "city": "Oakland"} for row in shop])
    run = new_corner.run().run
    found = table(run, "matches", "reasons", "WHERE record_a IN ('till:0', 'till:60')")
    common, rare = sorted(next(r["weight"] for r in reasons if r["comparison"] == "last_name") for (reasons,) in found)
    assert common < rare - 3


def test_blocking_rules_of_the_file_propose_pairs(new_corner: Corner) -> None:
    changed = copy.deepcopy(MODEL)
    changed["blocking_rules_to_generate_predictions"] = ['l."last_name" = r."first_name"']
    new_corner.write_model(changed)
    new_corner.write("web", [{"id": "1", "first_name": "Taylor", "last_name": "Green", "phone": "415-555-2671"}])
    new_corner.write("till", [{"id": "7", "first_name": "Ann", "last_name": "Taylor", "street": "1 Elm St"}])
    assert read_manifest(new_corner.run().run)["counts"]["pairs"] == 1


def test_another_file_is_another_model(corner: Corner) -> None:
    before = read_manifest(corner.current())
    changed = copy.deepcopy(MODEL)
    changed["comparisons"] = changed["comparisons"][:3]  # no phone
    corner.write_model(changed)
    result = corner.run()
    assert result.manifest["model_hash"] != before["model_hash"]
    assert ["till:8"] in customers(result.run)


def test_other_weights_in_the_same_file_count_at_once(corner: Corner) -> None:
    """The user's model is the file: nobody should have to ask for training to have its change seen."""
    changed = copy.deepcopy(MODEL)
    changed["comparisons"][3]["comparison_levels"][1]["m_probability"] = 0.0002
    corner.write_model(changed)
    assert ["till:8"] in customers(corner.run().run)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not a Splink settings file"),
        ("[]", "not a Splink settings file"),
        ('{"comparisons": [{"comparison_levels": [{"label_for_charts": "x"}]}]}', "sql_condition"),
        ('{"comparisons": [{"comparison_levels": [{"sql_condition": 3}]}]}', "not text"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=complaint) as raised:
        own.read_settings(path)
    assert "linkage.settings" in str(raised.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        own.read_settings(tmp_path / "nowhere.json")


def test_a_model_over_columns_that_do_not_exist_is_refused_in_a_sentence(new_corner: Corner) -> None:
    changed = copy.deepcopy(MODEL)
    changed["comparisons"][0]["comparison_levels"][1]["sql_condition"] = '"shoe_size_l" = "shoe_size_r"'
    new_corner.write_model(changed)
    with pytest.raises(ConfigError, match=r"'same name' of first_name.*shoe_size.*the columns are"):
        new_corner.run()
    changed["comparisons"][0] = copy.deepcopy(MODEL["comparisons"][0])
    changed["comparisons"][0]["comparison_levels"][1]["tf_adjustment_column"] = "surname"
    new_corner.write_model(changed)
    with pytest.raises(ConfigError, match="no column 'surname'"):
        new_corner.run()
