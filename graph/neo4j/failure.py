"""The driver's errors, told as Clew's: one place that says what went wrong with the server and what to do.

A server's own message may quote values, which are personal, so of those errors only the code is told.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError

from engine.errors import StateError
from graph.neo4j.server import DATABASE, PASSWORD, USER, Server


@contextmanager
def told(server: Server) -> Iterator[None]:
    """Turn an error of the driver or the server into a StateError."""
    try:
        yield
    except (Neo4jError, DriverError) as error:
        raise StateError(f"{server.name}: {_say(error, server)}") from error


def _say(error: Neo4jError | DriverError, server: Server) -> str:
    if isinstance(error, AuthError):
        return f"the server refuses user {server.user} with this password: set {USER} and {PASSWORD}"
    if isinstance(error, ConfigurationError):
        return "the server can't be used: is it Neo4j, and is its encryption that of the address (+s or not)?"
    if isinstance(error, DriverError):
        return _away(error)
    code = error.code or "an unknown error"
    if code.startswith("Neo.ClientError.Database."):
        return f"there is no such database on the server: set {DATABASE}, or create it"
    if code.startswith("Neo.ClientError.Security."):
        return f"user {server.user} may not do this ({code}): docs/neo4j.md says which rights are needed"
    if code.endswith(".DatabaseUnavailable"):
        return f"the database isn't available ({code}): it may be starting; if it stays so, the server's log says why"
    if code.startswith(("Neo.TransientError.General", "Neo.TransientError.Transaction")):
        return f"the server is too busy or has too little memory ({code}): try again, or give it more"
    if error.is_retryable():
        return f"the server doesn't answer as it should ({code}): try again"
    if code.startswith("Neo.DatabaseError."):
        return (
            f"the server could not do it ({code}): its disk may be full or failing, as its log tells. "
            "Make room, restart the server, then `clew publish`"
        )
    return f"the server could not do it ({code}); its log says more"


def _away(error: DriverError) -> str:
    refused = [cause for cause in _causes(error) if isinstance(cause, ssl.SSLError)]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in refused):
        return (
            "the server's certificate isn't trusted here: is the address right, and the name in the certificate? "
            "A self-signed one takes +ssc in place of +s"
        )
    if refused:
        return "no encrypted connection with the server: if it isn't encrypted, leave out the address's +s or +ssc"
    return "the server doesn't answer: is it running, and is the address right, with +s if the server is encrypted?"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Find what lies behind an error; where the driver tried several servers, behind each of theirs."""
    yield error
    behind = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for cause in (error.__cause__, *behind):
        if cause is not None:
            yield from _causes(cause)
