"""A Neo4j server for the tests, found in this order: CLEW_TEST_NEO4J_URI, a running Docker, Maven with Java.

Of the latter two it is the long-term release, or the one that CLEW_TEST_NEO4J_VERSION names (`calendar`: the newest).
Maven's is assembled once, into the user's cache folder. `Unavailable` says why there is none.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from graph.neo4j import Server
from graph.neo4j.server import DATABASE, PASSWORD, URI, USER
from tests.neo4j.java import VERSION, Unavailable, java

HERE = Path(__file__).parent
IMAGE = f"neo4j:{VERSION}-community"

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_OPENED = [f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in ("java.nio", "java.io", "sun.nio.ch")]
#: Seconds that a server may take to answer.
_PATIENCE = 120


class Neo4j:
    """A server that answers. One that isn't ours can't be stopped."""

    ours = False

    def __init__(self, server: Server) -> None:
        self.server = server

    def start(self) -> None:
        """Start a server that was stopped, on the same port and data."""
        raise Unavailable("the server of CLEW_TEST_NEO4J_URI is not the tests' to start")

    def stop(self, kill: bool = False) -> None:
        """Stop the server, by force if it is to be killed."""
        raise Unavailable("the server of CLEW_TEST_NEO4J_URI is not the tests' to stop")

    def close(self) -> None:
        """Let go of what the tests have started."""


class JavaNeo4j(Neo4j):
    """A server assembled with Maven, in a process of ours."""

    ours = True
    #: The tests ask each question a few times: compiling them well costs more than it gives, as does verifying classes.
    options: ClassVar[list[str]] = [
        "-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote",
    ]  # fmt: skip

    def __init__(self, jars: Path, home: Path) -> None:
        self.port = _free_port()
        super().__init__(Server(f"bolt://127.0.0.1:{self.port}", "neo4j", secrets.token_hex(8), "neo4j"))
        self.jars, self.home, self._java = jars, home, java()
        home.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        if self._process is not None:
            self._tell("start")
        else:
            with (self.home / "server.log").open("ab") as log:
                self._process = subprocess.Popen(
                    [*self.java, str(HERE / "TestServer.java"), str(self.home), str(self.port)],
                    env={**os.environ, "NEO4J_PASSWORD": self.server.password},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    bufsize=1,
                )
        self._hear("started")

    def _tell(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")

    def _hear(self, expected: str) -> None:
        """Wait for a line of the server's. Raise Unavailable where it ends, or says nothing for long."""
        assert self._process is not None
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _PATIENCE)
        if not ready or self._process.stdout.readline() != expected + "\n":
            self.close()
            log = (self.home / "server.log").read_text(errors="replace").strip()[-500:]
            raise Unavailable(f"Neo4j {VERSION} on {self._java} has not {expected}: {log}")

    @property
    def java(self) -> list[str]:
        """The command that runs something of the server's, and its classes."""
        return [self._java, *self.options, *_OPENED, "-cp", f"{self.jars}/*"]

    def admin(self, words: Sequence[str], folder: Path) -> None:
        """Do what `neo4j-admin` does, while the server is stopped. Raises Unavailable where it fails."""
        (self.home / "conf").mkdir(exist_ok=True)
        homes = {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        _run([*self.java, "org.neo4j.cli.AdminTool", *words], folder, homes)

    def stop(self, kill: bool = False) -> None:
        if kill:
            self.close()
        else:
            self._tell("stop")
            self._hear("stopped")

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class DockerNeo4j(Neo4j):
    """A server in a container of ours."""

    ours = True

    def __init__(self) -> None:
        port = _free_port()
        super().__init__(Server(f"bolt://127.0.0.1:{port}", "neo4j", secrets.token_hex(8), "neo4j"))
        options = ["-e", f"NEO4J_AUTH=neo4j/{self.server.password}", "-p", f"127.0.0.1:{port}:7687"]
        options += ["-e", "NEO4J_server_memory_heap_max__size=1g", "-e", "NEO4J_server_memory_pagecache_size=256m"]
        self.container = _run(["docker", "run", "-d", *options, IMAGE]).strip()
        self._await()

    def start(self) -> None:
        _run(["docker", "start", self.container])
        self._await()

    def stop(self, kill: bool = False) -> None:
        _run(["docker", "kill" if kill else "stop", self.container])

    def close(self) -> None:
        _run(["docker", "rm", "-f", "-v", self.container])

    def _await(self) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + _PATIENCE
        with GraphDatabase.driver(self.server.uri, auth=(self.server.user, self.server.password)) as driver:
            while True:
                try:
                    with driver.session(database=self.server.database) as session:
                        session.run("RETURN 1").consume()
                    return
                except (DriverError, Neo4jError) as error:
                    if time.monotonic() > deadline:
                        raise Unavailable(f"the server did not answer within {_PATIENCE} s") from error
                    time.sleep(0.2)


def find(home: Path) -> Neo4j:
    """Find or start a server; `home` is an empty folder for its data. Raises Unavailable."""
    if os.environ.get("CLEW_TEST_NEO4J_URI"):
        names = {n.replace("CLEW_", "CLEW_TEST_"): n for n in (URI, USER, PASSWORD, DATABASE)}
        return Neo4j(Server.from_environment({n: os.environ.get(theirs, "") for theirs, n in names.items()}))
    if shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return DockerNeo4j()
    if not shutil.which("mvn"):
        raise Unavailable("no CLEW_TEST_NEO4J_URI, no running Docker, and no mvn (Debian's package maven)")
    java()
    return JavaNeo4j(assembled(), home)


def assembled() -> Path:
    """The folder of the server's jars, filled by Maven when it is first asked for."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clew-tests"
    jars = cache / f"neo4j-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as one_at_a_time:
        # Maven's own folder takes one process.
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if jars.exists():
            return jars
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            filling = Path(scratch) / "jars"
            command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), f"-Dneo4j.version={VERSION}", _COPY]
            _run([*command, f"-DoutputDirectory={filling}", "-DincludeScope=runtime"])
            filling.rename(jars)
    return jars


def _run(command: list[str], folder: Path | None = None, settings: Mapping[str, str] | None = None) -> str:
    environment = {**os.environ, **(settings or {})}
    found = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if found.returncode:
        raise Unavailable(f"{command[0]} failed: {(found.stderr or found.stdout).strip()[-500:]}")
    return found.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
