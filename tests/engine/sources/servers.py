"""Database servers to read from: one that the environment names, else a private one that is started and removed."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from tests.access import let_others_in
from tests.missing import missing

#: Seconds that a server may take to answer.
_PATIENCE = 60
#: Servers lie here where a user's PATH doesn't lead to.
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/usr/libexec"])
#: Who a server runs as that refuses to run as root.
_NOBODY = {"user": "nobody", "group": "nogroup", "extra_groups": []}


class Server:
    """A server that answers. One that isn't ours can't be stopped."""

    def __init__(self, url: URL, command: list[str] | None = None, run_as: Mapping[str, Any] | None = None) -> None:
        self.url, self._command, self._run_as = url, command, run_as or {}
        self._process: subprocess.Popen[bytes] | None = None
        if command:
            self.start()

    @property
    def text(self) -> str:
        """Its URL as a project file has it."""
        return self.url.render_as_string(hide_password=False)

    def run(self, *statements: str) -> None:
        """Do something that no source may."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        engine.dispose()

    def quoted(self, name: str) -> str:
        """A name as this database writes it in a statement."""
        return str(create_engine(self.url).dialect.identifier_preparer.quote_identifier(name)).replace("%%", "%")

    def make_user(self, name: str, password: str) -> None:
        """Make a user, or give it another password."""
        if self.url.get_backend_name() == "postgresql":
            self.run(f"DROP USER IF EXISTS {name}", f"CREATE USER {name} PASSWORD '{password}'")
        else:
            self.run(f"DROP USER IF EXISTS {name}", f"CREATE USER {name} IDENTIFIED BY '{password}'")
            self.run(f"GRANT SELECT ON {self.url.database}.* TO {name}")

    def start(self) -> None:
        """Start it, on the data that it has, and wait until it answers."""
        assert self._command
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._run_as,
        )
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return self.run("SELECT 1")
            except OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """End it at once, whatever it is doing."""
        if self._process is None:
            pytest.skip("the server is not the tests' to stop")
        # Postgres takes its own processes along on SIGQUIT only.
        self._process.send_signal(signal.SIGQUIT if self.url.get_backend_name() == "postgresql" else signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Let go of what was started."""
        if self._process is not None and self._process.poll() is None:
            self.stop()


@pytest.fixture(scope="session")
def mysql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """MySQL or MariaDB: CLEW_TEST_MYSQL_URL, as one who may do anything there; else one of our own."""
    pytest.importorskip("pymysql", reason="no MySQL driver here: install clew[mysql] to run this test")
    server = _given("CLEW_TEST_MYSQL_URL") or _mysql(tmp_path_factory)
    if server is None:
        missing("CLEW_TEST_MYSQL", "no MySQL to test with: install Debian's package mariadb-server")
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Postgres: CLEW_TEST_POSTGRES_URL, as one who may do anything there; else one of our own."""
    pytest.importorskip("psycopg", reason="no Postgres driver here: install clew[postgres] to run this test")
    server = _given("CLEW_TEST_POSTGRES_URL") or _postgres(tmp_path_factory)
    if server is None:
        missing("CLEW_TEST_POSTGRES", "no Postgres to test with: install Debian's package postgresql")
    yield server
    server.close()


def _given(variable: str) -> Server | None:
    return Server(make_url(os.environ[variable])) if os.environ.get(variable) else None


def _mysql(factory: pytest.TempPathFactory) -> Server | None:
    program = shutil.which("mariadbd", path=_PATH) or shutil.which("mysqld", path=_PATH)
    if program is None:
        return None
    folder, password = factory.mktemp("mysql"), secrets.token_hex(8)
    user = ["--user=root"] if os.geteuid() == 0 else []
    install = shutil.which("mariadb-install-db", path=_PATH)
    if install:
        plain = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        _run(install, "--no-defaults", f"--datadir={folder}", *user, *plain)
    else:
        _run(program, "--no-defaults", f"--datadir={folder}", *user, "--initialize-insecure")
    first = folder / "first.sql"
    first.write_text(
        f"CREATE DATABASE IF NOT EXISTS crm;\nCREATE USER IF NOT EXISTS clew IDENTIFIED BY '{password}';\n"
        "GRANT ALL ON *.* TO clew WITH GRANT OPTION;\n"
    )
    port = _free_port()
    options = [f"--datadir={folder}", f"--port={port}", "--bind-address=127.0.0.1", "--socket=socket"]
    options += [f"--init-file={first}", "--innodb-flush-log-at-trx-commit=0", "--default-time-zone=-05:00"]
    url = URL.create("mysql+pymysql", "clew", password, "127.0.0.1", port, "crm")
    return Server(url, [program, "--no-defaults", *user, *options])


def _postgres(factory: pytest.TempPathFactory) -> Server | None:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    found = [*map(str, debian), shutil.which("initdb")]
    if found[0] is None:
        return None
    programs = Path(found[0]).parent
    folder, password = factory.mktemp("postgres"), secrets.token_hex(8)
    run_as: Mapping[str, Any] = {"cwd": folder}
    secret = folder / "password"
    secret.write_text(password)
    if os.geteuid() == 0:
        let_others_in(folder)
        shutil.chown(folder, "nobody")
        run_as = {**run_as, **_NOBODY}
    data = folder / "data"
    options = ["-U", "clew", "--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-sync"]
    _run(str(programs / "initdb"), "-D", str(data), *options, **run_as)
    port = _free_port()
    url = URL.create("postgresql+psycopg", "clew", password, "127.0.0.1", port, "postgres")
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1", "-F"]
    return Server(url, command, run_as)


def _run(*command: str, **options: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
