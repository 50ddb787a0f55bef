"""The same servers as the API's own tests have."""

from tests.api.http.conftest import corner_shop, serve

__all__ = ["corner_shop", "serve"]
