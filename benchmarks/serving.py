"""How fast `clew serve` says who is behind an identifier, beside a bare FastAPI route, and how it lasts.

    python benchmarks/serving.py --data DIR                   # the folder of a project that was run
    python benchmarks/serving.py --records 100000 --work DIR  # a demo, run before and after 1 % of its records changed
    python benchmarks/serving.py --data DIR --soak 10         # minutes, with a publish in each
    python benchmarks/serving.py --data DIR --neo4j           # the same run in a Neo4j

The server has keys, masking, a rate, the access log, metrics and a line of its log for each request. The load comes
from wrk (Debian's package) on the same machine, which sends the next request when the one before is answered. The bare
routes send one of Clew's answers, of median size, under uvicorn with as many workers: as bytes that are ready, and as
values that the framework writes. The same is asked for in short, beside a bare route of such an answer. All are asked
in turns; each figure is the median of the rounds.

With Neo4j (that of CLEW_NEO4J_URI, else one as the tests find) the run is published there first, customers are asked
for by their e-mails, and what whois is compared with is a bare route that asks the driver for the same rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import httpx
from graph_neo4j import LARGE
from graph_runs import runs
from search import half

import clew
from engine.compute import Compute
from engine.runs import RunTables
from graph.neo4j import Server as Neo4jServer
from graph.neo4j.server import DATABASE, PASSWORD, URI, USER
from tests.neo4j.server import JavaNeo4j, Neo4j, find

#: Identifiers that are asked for, and names that are searched for.
ASKED, NAMES = 20_000, 2_000
#: Types of identifiers that are asked for.
TYPES = ("email", "phone", "account", "loyalty", "device")
#: What connections are answered at one time.
CONNECTIONS = (1, 8, 64)
#: Questions that read a run's tables, which two threads do: they are asked over one connection alone.
READ_TABLES = ("card", "timeline")
_TICK = os.sysconf("SC_CLK_TCK")

#: Asks for one line of a file after the other, and prints what came of it.
_WRK = """
local asked, place = {}, 0
function init(words)
    for line in io.lines(words[1]) do asked[#asked + 1] = wrk.format("GET", line) end
    place = tonumber(words[2])
end
function request() place = place % #asked + 1; return asked[place] end
function done(summary, latency)
    local e, form = summary.errors, '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d, "other": %d}'
    io.write("TOLD ", form:format(summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.timeout, e.status))
end
"""


@dataclass
class Told:
    """What came of a load: `p50`, `p99` in ms, answers that are no success or didn't come; CPU ms of the server."""

    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int
    other: int
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


class Server:
    """A server that answers, and its processes."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, workers: int) -> None:
        self.process, self.address = process, address
        self.workers = _children(process.pid) if workers > 1 else [process.pid]

    def cpu(self) -> float:
        """Seconds of the processor that its workers have used."""
        found = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.workers)
        return sum(int(fields[11]) + int(fields[12]) for fields in found) / _TICK

    def memory(self) -> str:
        """What the largest worker has: all, with each page of graph.db that it maps; its share of that; its own."""
        rss, pss, own = max(_sizes(pid) for pid in self.workers)
        return f"RSS {rss:.0f} MiB, PSS {pss:.0f} MiB, its own {own:.0f} MiB"


def _children(pid: int) -> list[int]:
    """The processes that a process began and that serve: multiprocessing's own aside."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()]


def _sizes(pid: int) -> tuple[float, float, float]:
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    size = {words[0]: int(words[1]) / 1024 for words in lines}
    return size["Rss:"], size["Pss:"], size["Anonymous:"]


@contextmanager
def serving(
    words: Sequence[object], ready: str, port: int, workers: int, log: Path, **settings: str
) -> Iterator[Server]:
    """Begin a server on a port, wait until it answers, and end it."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *map(str, words)], stderr=out, stdout=out, env={**os.environ, **settings}
        )
        try:
            address = f"http://127.0.0.1:{port}"
            while not _answers(address + ready):
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
            yield Server(process, address, workers)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Load:
    """Sends the requests of a list to a server."""

    def __init__(self, work: Path, name: str, asked: Sequence[str], key: str = "") -> None:
        self.list, self.script, self.key = work / name, work / "load.lua", key
        self.list.write_text("\n".join(asked) + "\n", encoding="utf-8")
        self.script.write_text(_WRK, encoding="utf-8")
        self.dice = random.Random(1)

    def begin(self, server: Server, connections: int, seconds: float) -> subprocess.Popen[str]:
        """Begin to send."""
        words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", self.script]
        words += ["-H", f"X-API-Key: {self.key}", server.address, "--", self.list, self.dice.randrange(NAMES)]
        return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)

    def end(self, process: subprocess.Popen[str]) -> Told:
        """Wait for its end; what came of it."""
        told, _ = process.communicate()
        assert process.returncode == 0, told
        return Told(**json.loads(told.split("TOLD ")[1]))

    def send(self, server: Server, connections: int, seconds: float) -> Told:
        """Send for some seconds."""
        before = server.cpu()
        found = self.end(self.begin(server, connections, seconds))
        found.cpu = 1000 * (server.cpu() - before) / max(1, found.requests)
        return found


def identifiers(run: RunTables, other: RunTables | None, types: Sequence[str] = TYPES) -> list[str]:
    """The addresses that ask for identifiers of customers, picked at random: those that both runs have."""
    with Compute() as compute:
        compute.read_parquet("known", run.path("known_by"))
        compute.read_parquet("other", (other or run).path("known_by"))
        rows = compute.rows(
            """SELECT DISTINCT type, value FROM known SEMI JOIN other USING (type, value)
            WHERE list_contains(?, type) ORDER BY hash(type || value) LIMIT ?""",
            [list(types), ASKED],
        )
    return [f"/v1/whois?{urlencode({type_: value})}" for type_, value in rows]


def searches(run: RunTables) -> list[str]:
    """The addresses that search for names of customers: whole, halves, and one of them with a place."""
    with Compute() as compute:
        compute.read_parquet("customers", run.path("customers"))
        rows = compute.rows(
            """SELECT name, place FROM customers WHERE name LIKE '% %' AND place IS NOT NULL
            ORDER BY hash(customer_id) LIMIT ?""",
            [NAMES],
        )
    asked = []
    for number, (name, place) in enumerate(rows):
        halves = " ".join(half(word) for word in name.split())
        asked.append((name, halves, f"{name} {place}")[number % 3])
    return [f"/v1/search?{urlencode({'q': text[:200]})}" for text in asked]


def of_customers(run: RunTables, rest: str) -> list[str]:
    """The addresses of customers, picked at random, or of a part of what there is of them."""
    with Compute() as compute:
        compute.read_parquet("customers", run.path("customers"))
        rows = compute.rows("SELECT customer_id FROM customers ORDER BY hash(customer_id) LIMIT ?", [NAMES])
    return [f"/v1/customers/{customer_id}{rest}" for (customer_id,) in rows]


def main() -> None:
    """Serve, ask, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of a project that was run")
    parser.add_argument("--records", type=int, default=100_000, help="of a demo, where no folder is given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help="where demos are kept")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak", type=float, default=0, help="minutes of it; a publish of each of two runs in turns")
    parser.add_argument("--neo4j", action="store_true", help="with the graph in a Neo4j")
    parser.add_argument("--personal", action="store_true", help="by a key that is shown personal values")
    given = parser.parse_args()
    if given.data is None:
        assert given.work, "--work says where the demo is kept"
        runs(given.work.resolve() / str(given.records), given.records, given.seed)
    shop = (given.data or given.work / str(given.records) / "changed").resolve()
    with ExitStack() as opened:
        work = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        project = opened.enter_context(clew.open(shop / "clew.yaml"))
        file, environment = shop / "clew.yaml", {}
        if given.neo4j:
            file = shop / "neo4j.yaml"
            file.write_text((shop / "clew.yaml").read_text() + "\ngraph: neo4j\n")
            environment = opened.enter_context(neo4j(file, work / "neo4j"))
        kept = [project.layout.run(run.run_id) for run in project._published()]
        keys = {s: project.create_key(f"benchmark {s}", [s], rate=1e6) for s in ("read", "read-personal")}
        port = free_port()
        serve = ["clew", "-p", file, "serve", "--port", port, "--workers", given.workers]
        try:
            with serving(serve, "/readyz", port, given.workers, work / "clew.log", **environment) as server:
                key = keys["read-personal" if given.personal else "read"].text
                other = kept[-2] if given.soak and len(kept) > 1 else None
                types = ("email",) if given.neo4j else TYPES
                whois = Load(work, "whois", identifiers(kept[-1], other, types), key)
                if given.soak:
                    soak(shop, server, whois, kept[-2:], given.soak)
                else:
                    others = {"search": Load(work, "search", searches(kept[-1]), keys["read-personal"].text)}
                    for name, rest in (("card", ""), ("timeline", "/timeline")):
                        others[name] = Load(work, name, of_customers(kept[-1], rest), key)
                    measure(work, server, whois, others, given, environment)
        finally:
            for made in keys.values():
                project.revoke_key(made.key.key_id)


@contextmanager
def neo4j(file: Path, home: Path) -> Iterator[dict[str, str]]:
    """A Neo4j server that shows the current run of a project, and the environment that names it."""
    JavaNeo4j.options = LARGE
    found = Neo4j(Neo4jServer.from_environment()) if os.environ.get(URI) else find(home)
    server = found.server
    named = {URI: server.uri, USER: server.user, PASSWORD: server.password, DATABASE: server.database or ""}
    try:
        subprocess.run([sys.executable, "-m", "clew", "-p", file, "publish"], env={**os.environ, **named}, check=True)
        yield named
    finally:
        found.close()


def measure(
    work: Path, server: Server, whois: Load, others: Mapping[str, Load], given: argparse.Namespace,
    environment: Mapping[str, str],
) -> None:  # fmt: skip
    """Print the figures of whois beside those of the bare routes, of other questions, and of memory."""
    print(f"a worker at its start: {server.memory()}")
    lines = whois.list.read_text(encoding="utf-8").splitlines()
    brief = Load(work, "brief", [line.replace("/whois", "/whois/brief", 1) for line in lines], whois.key)
    answers = {name: str(work / f"{name}.json") for name in ("CLEW_BARE", "CLEW_BRIEF")}
    for file, load in zip(answers.values(), (whois, brief), strict=True):
        Path(file).write_bytes(_median_answer(server, load))
    port = free_port()
    words = [
        "uvicorn",
        "bare:app",
        "--app-dir",
        Path(__file__).parent,
        "--port",
        port,
        "--workers",
        given.workers,
        "--ws",
        "none",
    ]
    words += ["--http", "httptools", "--no-access-log", "--log-level", "warning", "--no-server-header"]
    words += ["--no-proxy-headers", "--timeout-keep-alive", 15]
    with serving(words, "/bytes", port, given.workers, work / "bare.log", **answers, **environment) as bare:
        ways = {
            "whois": (whois, server),
            "bare, bytes": (Load(work, "bytes", ["/bytes"]), bare),
            "bare, values": (Load(work, "values", ["/values"]), bare),
            "in short": (brief, server),
            "bare, short": (Load(work, "short", ["/brief"]), bare),
            **{name: (load, server) for name, load in others.items()},
        }
        if given.neo4j:
            asked = [line.replace("/v1/whois", "/driver", 1) for line in lines]
            ways["bare, driver"] = (Load(work, "driver", asked), bare)
        beside = {
            "whois": "bare, driver" if given.neo4j else "bare, bytes",
            "bare, values": "bare, bytes",
            "in short": "bare, short",
        }
        print(f"{'':14}{'open':>5}{'a second':>10}{'of bare':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'failed':>8}")
        for connections in CONNECTIONS:
            found: dict[str, list[Told]] = {name: [] for name in ways}
            for _ in range(given.rounds):
                for name, (load, asked) in ways.items():
                    if connections > 1 and name in READ_TABLES:
                        continue
                    found[name].append(load.send(asked, connections, given.seconds))
            for name, rounds in found.items():
                if not rounds:
                    continue
                rate, failed = _of(rounds, "rate"), sum(told.failed + told.other for told in rounds)
                share = f"{rate / _of(found[beside[name]], 'rate'):.2f}" if name in beside else ""
                line = f"{name:14}{connections:5}{rate:10.0f}{share:>10}"
                print(
                    line + "".join(f"{_of(rounds, n):9.2f}" for n in ("p50", "p99", "cpu")) + f"{failed:8}", flush=True
                )
    print(f"a worker at its end: {server.memory()}")


def _median_answer(server: Server, load: Load) -> bytes:
    """One of the server's answers to a load, of median size."""
    with httpx.Client(base_url=server.address, headers={"X-API-Key": load.key}) as client:
        lines = load.list.read_text(encoding="utf-8").splitlines()[:501]
        answers = sorted((client.get(line).content for line in lines), key=len)
    found = answers[len(answers) // 2]
    print(f"{load.list.name}: {len(answers[0]):,} to {len(answers[-1]):,} bytes, half of them up to {len(found):,}")
    return found


def _of(rounds: Sequence[Told], name: str) -> float:
    return float(median(getattr(told, name) for told in rounds))


def soak(shop: Path, server: Server, load: Load, kept: Sequence[RunTables], minutes: float) -> None:
    """Ask without a pause, publish each minute, and print errors, memory, and how soon a run is seen."""
    goals = [run.run_id for run in kept]
    assert len(goals) == 2, "a soak needs two runs that are kept: publishes go from one to the other"
    head = {"X-API-Key": load.key}
    sending, begun = load.begin(server, 8, 60 * minutes), time.monotonic()
    minute = 0
    while sending.poll() is None:
        began = time.monotonic()
        words = [sys.executable, "-m", "clew", "-p", shop, "rollback", goals[minute % 2], "--json"]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
        published, made = time.monotonic(), json.loads(done.stdout)["run_id"]
        while httpx.get(f"{server.address}/v1/runs", headers=head).headers["Clew-Run"] != made:
            time.sleep(0.02)
        seen = time.monotonic() - published
        minute += 1
        line = f"minute {minute}: published in {published - began:.1f} s, seen {seen:.2f} s later"
        print(f"{line}; {server.memory()}", flush=True)
        while sending.poll() is None and time.monotonic() < begun + 60 * minute:
            time.sleep(0.2)
    told = load.end(sending)
    line = f"{told.requests:,} answers, {told.failed} failed, {told.other} weren't 200; {told.rate:.0f} a second"
    print(f"{line}, p50 {told.p50:.1f} ms, p99 {told.p99:.1f} ms")


if __name__ == "__main__":
    main()
