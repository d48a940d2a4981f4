"""BearerToken: every request brings the cluster's token, but for those that need none."""

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from penstock.security.bearer import Bearer
from penstock_dispatcher.answers import errors

#: whether a dispatcher lives, and the pages that ask for the token
_OPEN = frozenset({"/health", "/v1/health", "/", "/index.html", "/favicon.svg"})
_OPEN_BELOW = ("/assets/", "/ui")
_READS = ("GET", "HEAD")

_log = structlog.get_logger()


class BearerToken:
    """ASGI middleware: 401 in Flink's form for a request without the token. `bearer` None: there is none."""

    def __init__(self, app: ASGIApp, bearer: Bearer | None = None) -> None:
        self._app, self._bearer = app, bearer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._bearer is None or self._needs_none(scope):
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        if self._bearer.accepts(given):
            await self._app(scope, receive, send)
            return
        if given is not None:
            client = scope.get("client")
            _log.warning("a request with a wrong token was refused", path=scope["path"], client=client and client[0])
        what = "needs a token" if given is None else "has another token than this cluster's"
        text = f"the request {what}: send `Authorization: Bearer …` (CLI: --token, or penstock.rest.token)"
        await errors(401, text, headers=self._bearer.challenge(given is not None))(scope, receive, send)

    def _needs_none(self, scope: Scope) -> bool:
        path = str(scope["path"])
        return scope["method"] in _READS and (path in _OPEN or path.startswith(_OPEN_BELOW))
