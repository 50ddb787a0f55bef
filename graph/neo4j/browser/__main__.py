"""`python -m graph.neo4j.browser [PORT]` hands the guide to a Neo4j Browser on this machine, until it is stopped.

`python -m graph.neo4j.browser write` makes guide.html anew, after a change of a query.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from graph.neo4j.browser import FOLDER, GUIDE
from graph.neo4j.browser.guide import guide


class Handler(BaseHTTPRequestHandler):
    """Answers every address with the guide. The page that asks comes from the database, hence from elsewhere."""

    def do_GET(self) -> None:
        """Send the guide."""
        page = GUIDE.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main(words: list[str]) -> None:
    """Write the guide, or serve it on loopback."""
    if words == ["write"]:
        GUIDE.write_text(guide(), encoding="utf-8")
        return
    with HTTPServer(("127.0.0.1", int(words[0]) if words else 8001), Handler) as server:
        sys.stdout.write(
            f"In Neo4j Browser: :play http://localhost:{server.server_port}/guide.html\n"
            f"The style and the queries: {FOLDER}\nControl-C stops this.\n"
        )
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main(sys.argv[1:])
