"""A FastAPI app that knows two answers, in the files that CLEW_BARE and CLEW_BRIEF name: `serving.py` asks it, too."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response

CONTENT, BRIEF = (Path(os.environ[name]).read_bytes() for name in ("CLEW_BARE", "CLEW_BRIEF"))
VALUES = json.loads(CONTENT)

app = FastAPI()


@app.get("/bytes")
async def as_bytes() -> Response:
    """The answer as it is sent."""
    return Response(CONTENT, media_type="application/json")


@app.get("/brief")
async def brief() -> Response:
    """The short one as it is sent."""
    return Response(BRIEF, media_type="application/json")


@app.get("/values")
async def as_values() -> dict[str, Any]:
    """The answer's values, which the framework writes as JSON."""
    return dict(VALUES)
