"""Who may come in: the Host and Origin of every request, a token when bound elsewhere."""

import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE: Final = "rtsynth-token"
LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
POLICY_VIOLATION: Final = 1008  # of RFC 6455
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


class Gate:
    """An ASGI application around another that lets in what this page sent, and nothing else.

    Host is checked so that no other name can be made to point here (DNS rebinding), Origin so that
    no page from elsewhere reaches the WebSocket through a user's browser.
    """

    def __init__(self, app: App, host: str, port: int, token: str | None) -> None:
        """`host` and `port` are what the server is bound to; without a token none is asked for."""
        self._app = app
        self._host = host.lower()
        self._port = port
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        headers = {name.decode("latin-1"): value.decode("latin-1")
                   for name, value in scope.get("headers", ())}  # fmt: skip
        trouble = self._trouble(scope, headers)
        if trouble:
            await _refuse(scope, receive, send, trouble)
        elif self._token is not None and not self._has_cookie(headers):
            if scope["type"] == "http" and self._has_token(scope):
                await _answer(send, 303, "", {"location": "/", "set-cookie": self._cookie()})
            else:
                await _refuse(scope, receive, send, "open the address that rtsynth printed: "
                              "it has the token that this page asks for")  # fmt: skip
        else:
            await self._app(scope, receive, send)

    def _trouble(self, scope: Scope, headers: dict[str, str]) -> str:
        host, origin = headers.get("host", "").lower(), headers.get("origin", "").lower()
        if not self._is_ours(host):
            return f"this is not {host or 'a host without a name'}"
        if scope["type"] == "websocket" and not origin:
            return "a WebSocket must say where its page comes from (Origin)"
        if origin and origin != f"http://{host}":
            return f"a page from {origin} may not play here"
        return ""

    def _is_ours(self, host: str) -> bool:
        name, _, port = host.rpartition(":")
        if port != str(self._port) or not name:
            return False
        if self._token is None:
            return name in LOOPBACK_NAMES
        own = socket.gethostname().lower()
        return name in (*LOOPBACK_NAMES, self._host, own, f"{own}.local") or is_address(name)

    def _has_token(self, scope: Scope) -> bool:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        return any(self._is_token(given) for given in query.get("token", ()))

    def _has_cookie(self, headers: dict[str, str]) -> bool:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        return COOKIE in cookies and self._is_token(cookies[COOKIE].value)

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(
            given.encode("utf-8"), self._token.encode("utf-8")
        )

    def _cookie(self) -> str:
        return f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict"


def is_address(name: str) -> bool:
    """Whether a host is an IP address, with brackets or without: no name that could be rebound."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host that is bound to."""
    name = host.strip("[]").lower()
    return name == "localhost" or (is_address(name) and ipaddress.ip_address(name).is_loopback)


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()  # the request to connect
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": why})
        return
    await _answer(send, 403, f"refused: {why}\n", {"content-type": "text/plain; charset=utf-8"})


async def _answer(send: Send, status: int, text: str, headers: dict[str, str]) -> None:
    body = text.encode("utf-8")
    every = {**HEADERS, **headers, "content-length": str(len(body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in every.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
