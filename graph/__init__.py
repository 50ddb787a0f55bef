"""The identity graph: one protocol (`graph.store`), the stores that keep it, and the paths through it."""
