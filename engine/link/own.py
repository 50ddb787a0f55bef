"""A user's own Splink settings or model, in place of Clew's comparisons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.compute import Compute
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


def blocking(settings: dict[str, Any]) -> tuple[str, ...]:
    """The blocking rules of a settings file, as SQL over l and r."""
    rules = settings.get("blocking_rules_to_generate_predictions") or []
    return tuple(rule if isinstance(rule, str) else rule["blocking_rule"] for rule in rules)


def trained(compute: Compute, settings: dict[str, Any]) -> Model | None:
    """The model that the file holds, if every level has its m and u; None if it is still to be trained."""
    own = comparisons(settings)
    made = [c.settings() for c in own]
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
    return Model.with_term_frequencies(compute, full, own)
