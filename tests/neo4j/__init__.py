"""A real Neo4j server for the tests: found, or assembled once and started."""
