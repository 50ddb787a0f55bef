"""The explorer's page and its files, out of the package. They hold nothing of the project, so they need no key."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

import api.explorer

router = APIRouter(include_in_schema=False)

#: What a browser is told that a file is: by the system's own list, it may be anything.
_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}  # fmt: skip
#: The page takes its own files and asks its own server; nothing is written into it, sent from it, or put around it.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class _File(NamedTuple):
    content: bytes
    tag: str
    type: str


@cache
def _files() -> dict[str, _File]:
    folder = Path(api.explorer.__file__).parent
    found = {}
    for path in folder.rglob("*"):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
            found[path.relative_to(folder).as_posix()] = _File(content, tag, _TYPES[path.suffix])
    return found


@router.get("/explore")
async def page(request: Request) -> Response:
    """The page."""
    return _send(request, "index.html")


@router.get("/explore/{name:path}")
async def file(request: Request, name: str) -> Response:
    """One of its files."""
    return _send(request, name)


def _send(request: Request, name: str) -> Response:
    found = _files().get(name)
    if found is None:
        raise HTTPException(404)
    headers = {"ETag": found.tag, "Cache-Control": "no-cache", "Content-Security-Policy": _POLICY}
    if found.tag in request.headers.get("if-none-match", "").replace("W/", "").split(", "):
        return Response(None, 304, headers)
    return Response(found.content, headers=headers, media_type=found.type)
