"""AccessControl: what pages from elsewhere may do with a dispatcher, through the browser of someone who reaches it."""

import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock_dispatcher.answers import errors
from penstock_dispatcher.hosts import AllowedHosts

_READS = ("GET", "HEAD")
#: a GET that changes something: Flink has it for YARN's proxy
_CHANGING_READ = re.compile(r"(/v1)?/jobs/[^/]+/yarn-(cancel|stop)")
#: on every answer: it is what its type says, it is framed by nobody, and addresses (with ids in them) go nowhere
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
#: of an answer that is no page: a browser that is led to it runs nothing
_NOTHING = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox")
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"Authorization, Content-Type"),
    (b"access-control-max-age", b"600"),
]


class AccessControl:
    """ASGI middleware. `origins`: whose pages may read answers, and send something (`*`: any may read); `hosts`: the
    names that requests may use. What is not allowed is 403.

    A browser sends a form to anywhere without asking, and a dispatcher runs what it is sent.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str] = (), hosts: AllowedHosts | None = None) -> None:
        self._app = app
        self._origins = frozenset(origin.strip().rstrip("/") for origin in origins if origin.strip())
        self._hosts = hosts or AllowedHosts(())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin, host = headers.get(b"origin"), headers.get(b"host", "")
        own = origin is None or origin.partition("://")[2] == host
        known = own or origin in self._origins
        cors = [] if own or origin is None else self._cors(origin)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", [])
                there = {name.lower() for name, _ in given}
                add = [pair for pair in (*_HEADERS, *cors) if pair[0] not in there]
                if b"content-security-policy" not in there:
                    add.append(_NOTHING)
                if cors:
                    add = [pair for pair in add if pair[0] != b"cross-origin-resource-policy"]
                message["headers"] = [*given, *add]
            await send(message)

        if host and not self._hosts.allows(host):
            text = f"no request for the host {host[:80]!r} is answered here (penstock.rest.allowed-hosts)"
            await errors(403, text)(scope, receive, with_headers)
        elif scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await self._preflight(known, str(origin))(scope, receive, with_headers)
        elif self._changes(scope) and not (known and self._is_meant(headers)):
            where = origin or "elsewhere"
            await errors(403, f"a page of {where} may not send {scope['method']} here")(scope, receive, with_headers)
        else:
            await self._app(scope, receive, with_headers)

    def _changes(self, scope: Scope) -> bool:
        return scope["method"] not in _READS or _CHANGING_READ.fullmatch(scope["path"]) is not None

    def _is_meant(self, headers: dict[bytes, str]) -> bool:
        """Browsers say so of themselves where a page of another site sends something, an image's address for one."""
        return b"origin" in headers or headers.get(b"sec-fetch-site", "none") in ("none", "same-origin")

    def _cors(self, origin: str) -> list[tuple[bytes, bytes]]:
        if origin in self._origins:
            return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]
        return [(b"access-control-allow-origin", b"*")] if "*" in self._origins else []

    def _preflight(self, known: bool, origin: str) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if not known:
                await errors(403, f"a page of {origin} may send nothing here")(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT)})
            await send({"type": "http.response.body", "body": b""})

        return answer
