"""A user's own Splink settings or model, in place of Clew's comparisons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.compute import Compute, quote
from engine.compute.failure import MEANINGLESS
from engine.config import Config
from engine.errors import ConfigError
from engine.link.comparisons import Comparison, Level
from engine.link.model import Model, base_settings


def read_settings(path: Path) -> dict[str, Any]:
    """Read a Splink settings or model JSON. Errors: ConfigError for a file that is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        levels = [level for c in found["comparisons"] for level in c["comparison_levels"]]
        if not all(isinstance(level["sql_condition"], str) for level in levels):
            raise TypeError("a level's sql_condition is not text")
    except OSError as error:
        raise ConfigError(f"linkage.settings: {path} can't be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"linkage.settings: {path} is not a Splink settings file ({type(error).__name__}: {error})"
        ) from error
    return dict(found)


def settings_of(config: Config, root: Path) -> dict[str, Any] | None:
    """The settings of the Splink file that a project may name. Errors: as for `read_settings`."""
    return read_settings(root / config.linkage.settings) if config.linkage.settings else None


def comparisons(settings: dict[str, Any]) -> list[Comparison]:
    """The comparisons of a settings file, as Clew's own are."""
    return [
        Comparison(
            c.get("output_column_name") or f"comparison_{i}",
            tuple(
                Level(
                    level.get("label_for_charts") or level["sql_condition"],
                    level["sql_condition"],
                    tf=level.get("tf_adjustment_column"),
                    tf_minimum_u=level.get("tf_minimum_u_value", 0.0),
                    null=bool(level.get("is_null_level")),
                )
                for level in c["comparison_levels"]
            ),
        )
        for i, c in enumerate(settings["comparisons"])
    ]


def blocking(settings: dict[str, Any] | None) -> tuple[str, ...]:
    """The blocking rules of a settings file, as SQL over l and r; none where there is no file."""
    rules = (settings or {}).get("blocking_rules_to_generate_predictions") or []
    return tuple(rule if isinstance(rule, str) else rule["blocking_rule"] for rule in rules)


def check_columns(compute: Compute, settings: dict[str, Any]) -> None:
    """Make sure that every condition can be read over `nodes`. Errors: ConfigError with what is wrong."""
    columns = compute.columns("nodes")
    sides = ", ".join(f"{side}.{quote(c)} AS {quote(f'{c}_{side}')}" for c in columns for side in ("l", "r"))
    known = f"the columns are {', '.join(columns)}"
    for comparison in comparisons(settings):
        for level in comparison.levels:
            place = f"linkage.settings: level {level.label!r} of {comparison.name}"
            if level.tf is not None and level.tf not in columns:
                raise ConfigError(f"{place}: there is no column {level.tf!r} for term frequencies; {known}")
            condition = level.settings()["sql_condition"]
            if condition.strip().upper() == "ELSE":
                continue
            try:
                compute.rows(f"SELECT ({condition}) FROM (SELECT {sides} FROM nodes l JOIN nodes r ON false)")
            except MEANINGLESS as error:
                raise ConfigError(f"{place}: {str(error).splitlines()[0]}; {known}") from error


def agrees(settings: dict[str, Any], model: Model) -> bool:
    """Tell whether a model holds the weights of the file, if the file has any."""
    full = _complete(settings)
    return full is None or full == model.settings


def trained(compute: Compute, settings: dict[str, Any]) -> Model | None:
    """The model that the file holds, if every level has its m and u; None if it is still to be trained."""
    full = _complete(settings)
    return Model.with_term_frequencies(compute, full, comparisons(settings)) if full else None


def _complete(settings: dict[str, Any]) -> dict[str, Any] | None:
    """Splink settings over `nodes` with the file's m, u and prior; None if a level lacks them."""
    made = [c.settings() for c in comparisons(settings)]
    for ready, given in zip(made, settings["comparisons"], strict=True):
        for level, told in zip(ready["comparison_levels"], given["comparison_levels"], strict=True):
            if level.get("is_null_level"):
                continue
            m, u = told.get("m_probability"), told.get("u_probability")
            if not isinstance(m, float) or not isinstance(u, float):
                return None
            level |= {"m_probability": m, "u_probability": u}
    full = base_settings(made)
    full["probability_two_random_records_match"] = settings.get("probability_two_random_records_match", 0.0001)
    return full
