"""Identity resolution: sources in, customers with their reasons out. Knows no HTTP and no graph server."""
