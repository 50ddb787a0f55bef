"""Callers with tokens of an identity provider: one of the test's own, with its own keys."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pydantic import ValidationError
from typer.testing import Result

from api.http import Settings, create_app
from api.http.problems import Problem
from api.http.settings import Issuer
from api.http.tokens import FRESH, LONGEST, PAUSE, Tokens
from api.project import Project
from engine.errors import ConfigError
from engine.state.accesses import accesses_about
from tests.api.http.conftest import Caller
from tests.api.http.test_callers import wait

EMAIL = "aarch@mail.com"
RSA = rsa.generate_private_key(65_537, 2048)
EC = {kid: ec.generate_private_key(ec.SECP256R1()) for kid in ("e", "next", "stranger")}


class Provider:
    """An identity provider: a small server, whose keys a test may change, and which may be down."""

    def __init__(self) -> None:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = provider.pages().get(self.path)
                self.send_response(503 if provider.down else 404 if found is None else 200)
                self.end_headers()
                self.wfile.write(b"" if provider.down else json.dumps(found).encode())
                provider.asked.append(self.path)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.says = self.url
        self.kids = ["r", "e"]
        self.down = False
        self.asked: list[str] = []
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def pages(self) -> dict[str, Any]:
        keys = [json.loads(RSAAlgorithm.to_jwk(RSA.public_key())) | {"kid": "r", "use": "sig"}]
        keys += [json.loads(ECAlgorithm.to_jwk(key.public_key())) | {"kid": kid} for kid, key in EC.items()]
        told = {"keys": [key for key in keys if key["kid"] in self.kids]}
        return {
            "/.well-known/openid-configuration": {"issuer": self.says, "jwks_uri": f"{self.url}/keys"},
            "/keys": told,
        }

    def token(self, kid: str | None = "e", signed: str | None = None, **claims: Any) -> str:
        """A token, signed with the key that it names, or another one."""
        name = signed or kid or "e"
        key, algorithm = (RSA, "RS256") if name == "r" else (EC[name], "ES256")
        said = {
            "iss": self.url, "aud": "clew", "sub": "ann", "exp": time.time() + 300,
            "scope": "openid clew:read-personal",
        }  # fmt: skip
        said = {name: value for name, value in {**said, **claims}.items() if value is not None}
        return jwt.encode(said, key, algorithm, headers={"kid": kid} if kid else None)


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1e6

    def __call__(self) -> float:
        return self.now


def issuer(provider: Provider, **more: Any) -> Issuer:
    return Issuer(issuer=provider.url, audience="clew", **more)


def read(tokens: Tokens, *texts: str) -> list[Any]:
    """What becomes of each of some tokens: subject and scopes, or the status of a problem."""

    async def one(text: str) -> Any:
        try:
            return await tokens.read(text)
        except Problem as problem:
            assert text not in problem.detail
            assert (problem.status_code == 503) == ("Retry-After" in (problem.headers or {}))
            return problem.status_code

    async def each() -> list[Any]:
        found = [await one(text) for text in texts]
        if tokens._fetching is not None:
            await tokens._fetching
        return found

    return asyncio.run(each())


@pytest.mark.parametrize("kid", ["r", "e"])
def test_a_token_says_who_asks_and_what_they_may(provider: Provider, kid: str) -> None:
    (found,) = read(Tokens(issuer(provider)), provider.token(kid))
    assert found == ("ann", {"read", "read-personal"})


@pytest.mark.parametrize(
    ("more", "claims", "scopes"),
    [
        ({}, {"scope": "clew:read other"}, {"read"}),
        ({}, {"scope": "read admin"}, set()),
        ({}, {"scope": ["clew:read", 1, {}]}, {"read"}),
        ({}, {"scope": 7}, set()),
        ({}, {"scope": None}, set()),
        ({"claim": "roles", "scopes": {"Desk": "decide"}}, {"roles": ["Desk"]}, {"decide", "read"}),
        ({"claim": "roles", "scopes": {"Desk": "decide"}}, {"roles": ["desk"], "scope": "clew:admin"}, set()),
    ],
)
def test_scopes_are_those_of_the_claim(
    provider: Provider, more: dict[str, Any], claims: dict[str, Any], scopes: set[str]
) -> None:
    assert read(Tokens(issuer(provider, **more)), provider.token(**claims)) == [("ann", scopes)]


def crafted(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token by hand, as no library makes it: signed with a secret, or not at all."""
    parts = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    mark = b"" if secret is None else hmac.digest(secret, parts, hashlib.sha256)
    return (parts + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


def test_a_token_that_does_not_count_is_refused(provider: Provider) -> None:
    now = time.time()
    good = {"iss": provider.url, "aud": "clew", "sub": "ann", "exp": now + 300, "scope": "clew:admin"}
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ec_public = EC["e"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = provider.token().split(".")
    other = provider.token(sub="bob").split(".")
    wrong = {
        "expired": provider.token(exp=now - 60),
        "not yet": provider.token(nbf=now + 60),
        "for others": provider.token(aud="shop"),
        "of another issuer": provider.token(iss="https://elsewhere.example"),
        "of nobody": provider.token(sub=None),
        "of an empty nobody": provider.token(sub=""),
        "of a long nobody": provider.token(sub="x" * 256),
        "for ever": provider.token(exp=None),
        "for nobody": provider.token(aud=None),
        "not of an issuer": provider.token(iss=None),
        "without a key's name": provider.token(None),
        "under a stranger's key": provider.token("stranger"),
        "under another's name": provider.token("e", signed="stranger"),
        "under the name of another kind of key": provider.token("r", signed="e"),
        "none": crafted({"alg": "none", "kid": "r"}, good, None),
        "None": crafted({"alg": "None", "kid": "r"}, good, None),
        "with the public key as secret": crafted({"alg": "HS256", "kid": "r"}, good, public),
        "with the other public key as secret": crafted({"alg": "HS256", "kid": "e"}, good, ec_public),
        "as if with a key pair": crafted({"alg": "RS256", "kid": "r"}, good, public),
        "with a key of its own": crafted({"alg": "RS256", "kid": "r", "jku": "https://evil.example"}, good, b"x"),
        "with a number as key": crafted({"alg": "ES256", "kid": 1}, good, b"x"),
        "changed": ".".join([parts[0], other[1], parts[2]]),
        "cut": ".".join(parts[:2]),
        "huge": provider.token(more="x" * LONGEST),
        "nonsense": "nonsense",
        "dots": "..",
        "not ASCII": "é.é.é",
        "deep": base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.e30",
    }
    found = read(Tokens(issuer(provider)), *wrong.values(), provider.token())
    assert dict(zip(wrong, found, strict=False)) == dict.fromkeys(wrong, 401)
    assert found[-1] == ("ann", {"read", "read-personal"})


def test_clocks_may_differ_a_little(provider: Provider) -> None:
    now = time.time()
    found = read(Tokens(issuer(provider)), provider.token(exp=now - 10), provider.token(nbf=now + 10))
    assert [subject for subject, _ in found] == ["ann", "ann"]


def test_keys_that_change_are_fetched_but_not_at_every_token(provider: Provider) -> None:
    clock = Clock()
    tokens = Tokens(issuer(provider), clock)
    assert read(tokens, provider.token("next"), *[provider.token("stranger")] * 20) == [401] * 21
    assert provider.asked.count("/keys") == 1
    provider.kids = ["next"]
    # What was fetched a moment ago isn't fetched again, whatever is asked.
    assert read(tokens, provider.token("next")) == [401]
    clock.now += PAUSE
    assert read(tokens, provider.token("next"), provider.token("e")) == [("ann", {"read", "read-personal"}), 401]
    assert provider.asked.count("/keys") == 2


def test_keys_that_the_provider_has_taken_back_end(provider: Provider) -> None:
    clock = Clock()
    tokens = Tokens(issuer(provider), clock)
    assert read(tokens, provider.token("e"))[0] != 401
    provider.kids = ["r"]
    clock.now += FRESH + 1
    # Nobody waits for that: this one is still answered by what is known.
    read(tokens, provider.token("e"))
    assert read(tokens, provider.token("e")) == [401]


def test_while_the_provider_is_down_known_keys_go_on(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    tokens = Tokens(issuer(provider), clock)
    provider.down = True
    assert read(tokens, provider.token("e")) == [503]
    provider.down = False
    assert read(tokens, provider.token("e")) == [503]
    clock.now += PAUSE
    assert read(tokens, provider.token("e"))[0] != 503
    provider.down = True
    clock.now += FRESH + 1
    known = ("ann", {"read", "read-personal"})
    assert read(tokens, provider.token("e"), provider.token("next"), provider.token("r")) == [known, 503, known]
    assert "can't be had" in caplog.text


@pytest.mark.parametrize("says", ["https://elsewhere.example", "", None])
def test_a_provider_that_names_itself_otherwise_is_not_believed(provider: Provider, says: Any) -> None:
    provider.says = says
    assert read(Tokens(issuer(provider)), provider.token()) == [503]
    # Unless it is said where the keys are.
    assert read(Tokens(issuer(provider, jwks=f"{provider.url}/keys")), provider.token())[0] != 503


@pytest.fixture
def corner(corner_shop: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(corner_shop, tmp_path / "corner"))


def test_they_ask_like_those_with_keys(corner: Path, provider: Provider, serve: Callable[..., Caller]) -> None:
    api = serve(corner, oidc=issuer(provider))
    with Project(corner) as opened:
        key = opened.create_key("program", ["read"]).text

    def ask(token: str) -> Any:
        return api.get("/v1/whois", params={"email": EMAIL}, headers={"Authorization": f"Bearer {token}"})

    shown, masked = ask(provider.token()), ask(provider.token(sub="bob", scope="clew:read"))
    assert (shown.json()["customer"]["email"], masked.json()["customer"]["email"]) == (EMAIL, "a•••@•••")
    assert ask(provider.token(scope="openid")).json()["scope"] == "read"
    assert ask(provider.token(exp=1)).status_code == 401
    assert wait(lambda: ask(key).status_code == 200)
    assert ask("clew_00000000_x").status_code == 401
    # Where there is a provider, nobody asks without a name; and a token is no key.
    assert api.get("/v1/runs").status_code == 401
    assert api.get("/v1/runs", headers={"X-API-Key": provider.token()}).status_code == 401
    ann = shown.json()["customer"]["customer_id"]
    callers = {("oidc:ann", "oidc:ann"), ("oidc:bob", "oidc:bob")}
    assert wait(lambda: callers < {(a.key, a.caller) for a in accesses_about(corner / ".clew", {ann})})
    said = {"kind": "block", "a": "info@shop.example"}
    made = api.post(
        "/v1/decisions", json=said, headers={"Authorization": f"Bearer {provider.token(scope='clew:decide')}"}
    )
    assert (made.status_code, made.json()["actor"]) == (201, "oidc:ann")


def test_each_subject_has_a_rate_of_its_own(corner: Path, provider: Provider, serve: Callable[..., Caller]) -> None:
    api = serve(corner, oidc=issuer(provider), rate=1)
    statuses = [
        api.get("/v1/runs", headers={"Authorization": f"Bearer {provider.token(sub=sub)}"}).status_code
        for sub in ("ann", "ann", "ann", "ann", "bob")
    ]
    assert (statuses[0], statuses[3], statuses[4]) == (200, 429, 200)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.example"},
        {"issuer": "login.example"},
        {"jwks": "http://login.example/keys"},
        {"audience": ""},
        {"scopes": {"a": "everything"}},
    ],
)
def test_settings_that_would_not_be_safe_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Issuer.model_validate({"issuer": "https://login.example", "audience": "clew", **wrong})


def test_without_the_extra_it_says_what_to_install(corner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    settings = Settings(project=corner, oidc=Issuer(issuer="https://login.example", audience="clew"))
    with pytest.raises(ConfigError, match=r"clew\[oidc\]"):
        create_app(settings)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--oidc-issuer", "https://login.example"], "--oidc-audience"),
        (["--oidc-issuer", "http://login.example", "--oidc-audience", "clew"], "https://"),
        (["--oidc-audience", "clew"], "--oidc-issuer"),
        (["--oidc-issuer", "https://l.example", "--oidc-audience", "clew", "--oidc-scope", "read"], "THEIRS=OURS"),
        (["--oidc-issuer", "https://l.example", "--oidc-audience", "clew", "--oidc-scope", "a=b"], "is no scope"),
    ],
)
def test_what_is_missing_or_wrong_of_it_is_said(
    corner: Path, clew: Callable[..., Result], options: list[str], says: str
) -> None:
    done = clew("-p", corner, "serve", *options)
    assert (done.exit_code, says in done.stderr) == (2, True), done.stderr
