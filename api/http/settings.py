"""What the API is told when it is made. Nothing below `clew serve` reads the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Which project answers, who may ask, and what nobody may ask for more of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: Path = Field(description="the project file, or the folder that holds its clew.yaml")
    local: bool = Field(False, description="as long as there are no keys, whoever asks is this machine's user")
    workers: int = Field(1, ge=1, description="processes that share the rate of each key")
    rate: float = Field(200, gt=0, description="requests a second of a key that has no rate of its own")
    metrics: Path | None = Field(None, description="where several workers keep their numbers")
    body: int = Field(1_000_000, ge=1, description="bytes of a request's body")
    batch: int = Field(1_000, ge=1, description="texts in one batch")
    page: int = Field(500, ge=1, description="things on one page")
    nodes: int = Field(2_000, ge=1, description="nodes of one drawing")
    seconds: float = Field(30, gt=0, description="time that an answer may take")
    quick: int = Field(4, ge=1, description="questions to the graph that are worked on at one time")
    slow: int = Field(2, ge=1, description="questions to a run's tables that are worked on at one time")
    waiting: int = Field(200, ge=1, description="questions of either kind that wait, before others are sent away")
