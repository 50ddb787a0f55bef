"""The routes: each parses, asks the desk one question, and shapes the answer."""

from api.http.routes import acts, customers, evidence, explore, probes, project, search, whois

ROUTERS = (
    whois.router, search.router, customers.router, evidence.router, project.router, acts.router, explore.router,
    probes.router,
)  # fmt: skip

DIRECT = whois.DIRECT

__all__ = ["DIRECT", "ROUTERS"]
