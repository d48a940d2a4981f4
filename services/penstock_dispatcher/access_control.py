"""AccessControl: what pages from elsewhere may do with a dispatcher, through the browser of someone who reaches it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock_dispatcher.answers import errors

_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
_READS = ("GET", "HEAD")


class AccessControl:
    """ASGI middleware. Reads carry `Access-Control-Allow-Origin: *`, as in Flink; writes from another origin are 403.

    A browser sends a form to anywhere without asking, and a dispatcher runs what it is sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reads = scope["method"] in _READS
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        if not reads and origin is not None and origin.partition(b"://")[2] != headers.get(b"host"):
            where = origin.decode("latin-1")
            await errors(403, f"a page of {where} may not send {scope['method']} here")(scope, receive, send)
            return

        async def with_header(message: Message) -> None:
            if message["type"] == "http.response.start" and reads:
                message["headers"] = [*message.get("headers", []), _ANY_ORIGIN]
            await send(message)

        await self._app(scope, receive, with_header)
