"""Where the Neo4j server is and who we are there: settings from the environment, and nothing secret in a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.errors import ConfigError

#: The environment variables that are read.
URI, USER, PASSWORD, DATABASE = "CLEW_NEO4J_URI", "CLEW_NEO4J_USER", "CLEW_NEO4J_PASSWORD", "CLEW_NEO4J_DATABASE"

_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


@dataclass(frozen=True)
class Server:
    """A server, a database on it (None: the user's home database) and a user. The password is never shown."""

    uri: str
    user: str
    password: str = field(repr=False)
    database: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Server:
        """Read the settings. Raises ConfigError that names what is missing or wrong."""
        missing = [name for name in (URI, PASSWORD) if not environment.get(name)]
        if missing:
            raise ConfigError(
                f"the Neo4j store needs {' and '.join(missing)} in the environment, for example "
                f"{URI}=neo4j://localhost:7687 (docs/neo4j.md has the rest)"
            )
        uri = environment[URI]
        parts = urlsplit(uri)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ConfigError(f"{URI}: is no address such as {', '.join(f'{s}://HOST' for s in _SCHEMES)}")
        if parts.username is not None or parts.password is not None:
            raise ConfigError(f"{URI}: holds a user or a password; give them in {USER} and {PASSWORD}")
        return cls(uri, environment.get(USER) or "neo4j", environment[PASSWORD], environment.get(DATABASE) or None)

    @property
    def name(self) -> str:
        """The address and the database, as messages give them."""
        return f"{self.uri} (database {self.database})" if self.database else self.uri
