"""How the columns of an export become Clew's fields: the form of presets and of a project's own maps."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Mapping(BaseModel):
    """A map from a tool's columns to Clew's raw tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)
