"""The graph store on a Neo4j server: 5.26 or newer, Community or Enterprise, or Aura."""

from graph.neo4j.server import Server
from graph.neo4j.store import Neo4jStore

__all__ = ["Neo4jStore", "Server"]
