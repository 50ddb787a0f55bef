"""The HTTP API. `create_app(Settings(project=...))` makes it; `clew serve` runs it."""

from api.http.app import create_app
from api.http.settings import Settings

__all__ = ["Settings", "create_app"]
