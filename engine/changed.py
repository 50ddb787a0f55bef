"""Settings as they would be with some of them changed, to be tried before the project file says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.complaints import complaints
from engine.config import Config
from engine.errors import ConfigError


def changed(config: Config, change: Mapping[str, Any]) -> Config:
    """The same settings but for those of `change`: dotted names (`limits.block_size`) and their values.

    Errors: ConfigError for a setting that there isn't, or a wrong value; it names all of them.
    """
    if not change:
        return config
    values = config.model_dump(exclude_unset=True)
    for name, value in change.items():
        *groups, last = name.split(".")
        place = values
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                raise ConfigError(f"{name}: {group} is no group of settings")
        place[last] = value
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError("; ".join(complaints(Config, error))) from error
