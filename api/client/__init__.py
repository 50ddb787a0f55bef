"""The client of the HTTP API: `clew.Client` and `clew.AsyncClient`."""

from api.client.errors import (
    AbsentError,
    ApiError,
    BusyError,
    ClashError,
    EndedError,
    NoAnswerError,
    ProblemError,
    RefusedError,
)
from api.client.faces import AsyncClient, Client

__all__ = [
    "AbsentError", "ApiError", "AsyncClient", "BusyError", "ClashError", "Client", "EndedError", "NoAnswerError",
    "ProblemError", "RefusedError",
]  # fmt: skip
