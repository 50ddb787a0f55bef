"""The routes: each parses, asks the desk one question, and shapes the answer."""

from api.http.routes import customers, evidence, project, whois

ROUTERS = (whois.router, customers.router, evidence.router, project.router)

__all__ = ["ROUTERS"]
