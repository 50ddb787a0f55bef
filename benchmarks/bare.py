"""A FastAPI app that knows one answer, in the file that CLEW_BARE names: `serving.py` compares Clew with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response

CONTENT = Path(os.environ["CLEW_BARE"]).read_bytes()
VALUES = json.loads(CONTENT)

app = FastAPI()


@app.get("/bytes")
async def as_bytes() -> Response:
    """The answer as it is sent."""
    return Response(CONTENT, media_type="application/json")


@app.get("/values")
async def as_values() -> dict[str, Any]:
    """The answer's values, which the framework writes as JSON."""
    return dict(VALUES)
