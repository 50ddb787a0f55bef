from __future__ import annotations

import pytest

from engine.changed import changed
from engine.config import Config, config_hash
from engine.errors import ConfigError


@pytest.fixture
def config() -> Config:
    return Config.model_validate({"sources": [{"path": "people.csv", "map": {"record": {"key": "id"}}}]})


def test_nothing_changed_is_the_same_settings(config: Config) -> None:
    assert config_hash(changed(config, {})) == config_hash(config)
    same = changed(config, {"linkage.threshold": config.linkage.threshold})
    assert config_hash(same) == config_hash(config)


def test_settings_change_by_their_dotted_names(config: Config) -> None:
    found = changed(config, {"limits.block_size": 100, "identifiers.phone.max_customers": 2, "currency": "EUR"})
    assert (found.limits.block_size, found.currency) == (100, "EUR")
    # Of a type the rest stays as it is by default.
    assert (found.policy("phone").max_customers, found.policy("phone").priority) == (2, 4)
    assert config.limits.block_size != 100


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"limits.blocksize": 1}, "limits.blocksize: is not a setting; did you mean block_size?"),
        ({"linkage.threshold": 99}, "linkage.threshold: 99 should be less than or equal to 50"),
        ({"identifiers.emial.trust": "weak"}, "did you mean email?"),
        ({"currency.code": "EUR"}, "currency.code: currency is no group of settings"),
    ],
)
def test_what_is_wrong_is_named(config: Config, change: dict[str, object], told: str) -> None:
    config = changed(config, {"currency": "USD"})
    with pytest.raises(ConfigError) as error:
        changed(config, change)
    assert told in str(error.value)
