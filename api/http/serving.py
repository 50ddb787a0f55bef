"""Running the API: uvicorn, one process or several on one socket, and a graceful end."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import tempfile
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api.http.app import create_app
from api.http.logs import write_lines
from api.http.protocol import Bounded, make_room
from api.http.settings import Settings
from api.http.tracing import exported
from engine.errors import ConfigError

#: Connections that wait to be accepted.
BACKLOG = 2048


def is_loopback(host: str) -> bool:
    """Whether a host is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Errors: ConfigError where that can't be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(f"can't listen on {host}, port {port}: {(error.strerror or str(error)).lower()}") from error


def run(settings: Settings, listening: socket.socket, level: str, traced: bool = False) -> None:
    """Answer until a signal ends it: what is under way is answered, then all is written and closed.

    `traced`: spans are sent as the environment says.
    """
    make_room()
    with tempfile.TemporaryDirectory(prefix="clew-metrics-") as folder:
        if settings.workers > 1:
            # Where the workers count together; their Prometheus client wants it from its environment.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
            settings = settings.model_copy(update={"metrics": Path(folder)})
        config = uvicorn.Config(
            partial(_worker, settings, level, traced),
            factory=True,
            workers=settings.workers,
            http=Bounded,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=int(settings.seconds) + 5,
            # On a machine that is busy a worker takes longer than uvicorn's five seconds to load the program.
            timeout_worker_healthcheck=60,
        )
        write_lines(level)
        if settings.workers > 1:
            _Workers(config, sockets=[listening]).run()
        else:
            uvicorn.Server(config).run(sockets=[listening])


class _Workers(Multiprocess):
    """Workers of whom one that ends is replaced at once, also while it is asked whether it lives."""

    def keep_subprocess_alive(self) -> None:
        for process in self.processes:
            # As long as the other end of its pipe is held here as well, a worker that has ended is waited for in vain.
            process.child_conn.close()
        super().keep_subprocess_alive()


def _worker(settings: Settings, level: str, traced: bool) -> FastAPI:
    write_lines(level)
    app = create_app(settings, exported() if traced else None)
    # What lives as long as the worker is not to be looked through for garbage: that holds answers up for 0.1 s.
    gc.collect()
    gc.freeze()
    return app
