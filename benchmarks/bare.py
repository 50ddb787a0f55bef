"""A FastAPI app that knows two answers, in the files that CLEW_BARE and CLEW_BRIEF name: `serving.py` asks it, too."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from graph_neo4j import BARE
from neo4j import Driver, GraphDatabase

from graph.neo4j import Server

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


@cache
def _driver() -> Driver:
    server = Server.from_environment()
    return GraphDatabase.driver(server.uri, auth=(server.user, server.password))


@app.get("/driver")
def of_neo4j(email: str) -> Response:
    """The same, after a query of Neo4j's driver for a customer's rows."""
    _driver().execute_query(BARE, email=email, database_=Server.from_environment().database)
    return Response(CONTENT, media_type="application/json")


@app.get("/values")
async def as_values() -> dict[str, Any]:
    """The answer's values, which the framework writes as JSON."""
    return dict(VALUES)
