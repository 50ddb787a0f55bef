"""Callers who come with a token of an identity provider (OAuth 2, OpenID Connect) instead of a key of Clew's.

A token counts where the provider has signed it for this API and it holds now. The provider's keys are kept: for one
that isn't known they are fetched again, but not more often than every PAUSE seconds, whatever callers send. While the
provider can't be reached, those who come with keys that are known go on; of the others nobody can say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

from api.http.problems import Problem, unavailable
from api.http.settings import Issuer
from engine.errors import ConfigError
from engine.state.keys import all_scopes

if TYPE_CHECKING:
    import jwt

log = logging.getLogger("clew.http")

#: How a token may be signed: by a key that only the provider has. Never `none`, and nothing that a public key could do.
ALGORITHMS = ("RS256", "ES256")
#: Characters of a token, and of the subject that it is about.
LONGEST, SUBJECT = 8_192, 255
#: Seconds: that clocks may differ, between two fetches, that keys are good for, and that the provider may take.
LEEWAY, PAUSE, FRESH, PATIENCE = 30, 10.0, 600.0, 5.0


def check_installed() -> None:
    """Errors: ConfigError where the extra that reads tokens isn't installed."""
    try:
        import jwt  # noqa: F401
    except ImportError:
        raise ConfigError("tokens of an identity provider need an extra: pip install 'clew[oidc]'") from None


class Tokens:
    """Reads the tokens of one issuer."""

    def __init__(self, issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> None:
        check_installed()
        import jwt

        self._jwt = jwt
        self._issuer = issuer
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._tried = -FRESH
        self._reached = False
        self._fetching: asyncio.Task[None] | None = None

    async def read(self, text: str) -> tuple[str, frozenset[str]]:
        """The subject of a token, and its scopes. Raises a Problem where it doesn't count, or nobody can say."""
        if len(text) > LONGEST:
            raise refused("This token is too long.")
        key = await self._key(text)
        try:
            claims = self._jwt.decode(
                text, key, [*ALGORITHMS], {"require": ["exp", "iss", "aud", "sub"]}, audience=self._issuer.audience,
                issuer=self._issuer.issuer, leeway=LEEWAY,
            )  # fmt: skip
        except self._jwt.ExpiredSignatureError:
            raise refused("This token is expired.") from None
        except self._jwt.InvalidAudienceError:
            raise refused("This token is not for this API.") from None
        except self._jwt.PyJWTError:
            raise refused("This token doesn't count.") from None
        subject = str(claims["sub"])
        if not 0 < len(subject) <= SUBJECT:
            raise refused("This token says of nobody who that is.")
        return subject, self._scopes(claims)

    def _scopes(self, claims: dict[str, Any]) -> frozenset[str]:
        """What the claim of scopes gives: texts in one, or a list of them."""
        given = claims.get(self._issuer.claim)
        names = given.split() if isinstance(given, str) else given if isinstance(given, list) else []
        return all_scopes(
            self._issuer.scopes[name] for name in names if isinstance(name, str) and name in self._issuer.scopes
        )

    async def _key(self, text: str) -> jwt.PyJWK:
        """The key that a token is signed with, as it says."""
        try:
            header = self._jwt.get_unverified_header(text)
        except self._jwt.PyJWTError:
            raise refused("This is no token.") from None
        kid = header.get("kid")
        if header.get("alg") not in ALGORITHMS or not isinstance(kid, str):
            raise refused("This token isn't signed as it has to be.")
        if kid not in self._keys:
            await self._look()
        elif self._clock() - self._fetched > FRESH:
            self._begin()
        if kid in self._keys:
            return self._keys[kid]
        if not self._reached:
            raise unavailable(
                "The identity provider can't be reached, so nobody can say whose token this is.", int(PAUSE)
            )
        raise refused("This token is signed with a key that the identity provider doesn't have.")

    async def _look(self) -> None:
        """Fetch the keys, or wait for it: whoever asks meanwhile waits for the same."""
        self._begin()
        if self._fetching is not None:
            await asyncio.shield(self._fetching)

    def _begin(self) -> None:
        now = self._clock()
        if (self._fetching is None or self._fetching.done()) and now - self._tried >= PAUSE:
            self._tried = now
            self._fetching = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=PATIENCE) as client, asyncio.timeout(2 * PATIENCE):
                found = await self._get(client, self._issuer.jwks or await self._discover(client))
            keys = self._jwt.PyJWKSet.from_dict(found)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, self._jwt.PyJWTError) as error:
            log.warning("the keys of the identity provider can't be had: %s", type(error).__name__)
            self._reached = False
            return
        self._keys = {
            key.key_id: key for key in keys if isinstance(key.key_id, str) and key.algorithm_name in ALGORITHMS
        }
        self._fetched, self._reached = self._clock(), True

    async def _discover(self, client: httpx.AsyncClient) -> str:
        found = await self._get(client, f"{self._issuer.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer.issuer or not isinstance(found.get("jwks_uri"), str):
            raise ValueError("another issuer")
        return str(found["jwks_uri"])

    async def _get(self, client: httpx.AsyncClient, url: str) -> dict[str, Any]:
        found = (await client.get(url)).raise_for_status().json()
        if not isinstance(found, dict):
            raise ValueError("no object")
        return found


def refused(detail: str) -> Problem:
    """What is answered to those who may not come in."""
    return Problem(401, "not-authorised", detail, headers={"WWW-Authenticate": "Bearer"})
