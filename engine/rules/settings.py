"""The settings in force: the project file with all defaults and with every preset's map, as a run keeps them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.config import DEFAULT_IDENTIFIERS, Config, Rate, Source
from engine.errors import ClewError
from engine.measure.document import views
from engine.runs import RunTables
from engine.sources.mapping import Account, Identifier, Mapping, names_of
from engine.sources.presets import resolve

FILE = "settings.json"
#: The day from which a rate holds that names none.
_EVER = Rate.model_fields["since"].default

#: The password in a database's URL, unless it is taken from the environment: such a text is no secret.
_PASSWORD = re.compile(r"(://[^/?#]*?:)(?!\$\{[A-Za-z_][A-Za-z0-9_]*\}@)[^/?#]*(@)|(password=)(?!\$\{)[^&]*", re.I)


def in_force(config: Config) -> dict[str, Any]:
    """All settings as nested plain values; lists of things that have a name are dicts by it, and no secret is in them.

    `measures` holds a hash of each measure's SQL, `clew` the version of the program.
    """
    plain: dict[str, Any] = config.model_dump(mode="json")
    policies = {name: config.policy(name) for name in (*DEFAULT_IDENTIFIERS, *config.identifiers)}
    return {
        **plain,
        "sources": {source.title: _source(config, source) for source in config.sources},
        "identifiers": {name: policy.model_dump(mode="json") for name, policy in policies.items()},
        "rates": {r.currency if r.since == _EVER else f"{r.currency} since {r.since}": r.rate for r in config.rates},
        "measures": {view.name: hashlib.sha256(view.sql.encode()).hexdigest()[:12] for view in views()},
        "clew": version("clew"),
    }


def write_settings(folder: Path, config: Config, model: str) -> str:
    """Write the settings in force into a run's folder, with the model that the run used; returns their SHA-256."""
    text = json.dumps({**in_force(config), "model": model}, indent=1, ensure_ascii=False)
    (folder / FILE).write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def read_settings(run: RunTables) -> dict[str, Any] | None:
    """The settings of a run; None for one of an earlier version, which kept none. Errors: ClewError."""
    path = run.folder / FILE
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ClewError(f"{path} can't be read ({error}): the run is damaged, run again") from error


def _source(config: Config, source: Source) -> dict[str, Any]:
    plain: dict[str, Any] = source.model_dump(mode="json", exclude={"name"})
    if source.database is not None:
        plain["database"]["url"] = _PASSWORD.sub(r"\1\3***\2", source.database.url)
    return {**plain, "priority": config.priority(source), "map": _map(resolve(source)[0])}


def _map(mapping: Mapping) -> dict[str, Any]:
    plain: dict[str, Any] = mapping.model_dump(mode="json", exclude_defaults=True)
    if mapping.record and mapping.record.identifiers:
        plain["record"]["identifiers"] = _named(mapping.record.identifiers, plain["record"]["identifiers"])
    if mapping.event and mapping.event.accounts:
        plain["event"]["accounts"] = _named(mapping.event.accounts, plain["event"]["accounts"])
    return plain


def _named(items: Sequence[Identifier | Account], plain: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: item["column"] for name, item in zip(names_of(items), plain, strict=True)}
