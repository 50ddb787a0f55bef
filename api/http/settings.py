"""What the API is told when it is made. Nothing below `clew serve` reads the environment."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from engine.state.keys import SCOPES

#: What this machine calls itself.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Issuer(BaseModel):
    """Whose tokens are taken beside keys, and what they give."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(description="as its tokens name it (`iss`)")
    audience: str = Field(min_length=1, description="as its tokens name this API (`aud`)")
    jwks: str | None = Field(None, description="where its keys are; None: as its discovery document says")
    claim: str = Field("scope", description="the claim that holds scopes, roles or groups")
    scopes: dict[str, str] = Field(
        {f"clew:{scope}": scope for scope in SCOPES}, description="what stands in the claim -> the scope that it gives"
    )

    @field_validator("issuer", "jwks")
    @classmethod
    def _safe(cls, url: str | None) -> str | None:
        """Keys that somebody on the way could change prove nothing."""
        parts = urlsplit(url or "https://none")
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        ):
            raise ValueError("an identity provider's address begins with https://")
        return url

    @field_validator("scopes")
    @classmethod
    def _known(cls, scopes: dict[str, str]) -> dict[str, str]:
        for scope in scopes.values():
            if scope not in SCOPES:
                raise ValueError(f"{scope!r} is no scope: there are {', '.join(SCOPES)}")
        return scopes


class Settings(BaseModel):
    """Which project answers, who may ask, and what nobody may ask for more of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: Path = Field(description="the project file, or the folder that holds its clew.yaml")
    local: bool = Field(False, description="as long as there are no keys, whoever asks is this machine's user")
    oidc: Issuer | None = Field(None, description="an identity provider whose tokens are taken beside keys")
    workers: int = Field(1, ge=1, description="processes that share the rate of each key")
    rate: float = Field(200, gt=0, description="requests a second of a key that has no rate of its own")
    metrics: Path | None = Field(None, description="where several workers keep their numbers")
    body: int = Field(1_000_000, ge=1, description="bytes of a request's body")
    batch: int = Field(1_000, ge=1, description="texts in one batch")
    page: int = Field(500, ge=1, description="things on one page")
    nodes: int = Field(2_000, ge=1, description="nodes of one drawing")
    seconds: float = Field(30, gt=0, description="time that an answer may take")
    quick: int = Field(4, ge=1, description="questions to the graph that are worked on at one time")
    slow: int = Field(2, ge=1, description="questions to a run's tables that are worked on at one time; as many acts")
    waiting: int = Field(200, ge=1, description="questions of either kind that wait, before others are sent away")
