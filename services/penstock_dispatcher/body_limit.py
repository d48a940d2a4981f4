"""BodyLimit: no request body grows past `rest.server.max-content-length`, whatever its headers say."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock_dispatcher.answers import errors
from penstock_dispatcher.problems import TooLarge


class BodyLimit:
    """ASGI middleware. Answers 413, or raises TooLarge into whoever reads the body, once the bound is passed."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app, self._limit = app, limit
        self._text = f"the request's body is larger than rest.server.max-content-length, {limit} bytes"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._limit:
            await self._drain(receive)
            await errors(413, self._text)(scope, receive, send)
            return
        received = 0
        more = True

        async def counted() -> Message:
            nonlocal received, more
            message = await receive()
            more = _continues(message)
            received += len(message.get("body", b""))
            if received > self._limit:
                raise TooLarge(self._text)
            return message

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start" and received > self._limit:
                await self._drain(receive, more)
            await send(message)

        await self._app(scope, counted, answered)

    async def _drain(self, receive: Receive, more: bool = True) -> None:
        """A client that is still sending would see a reset, not the answer: read on for a while, keeping nothing."""
        left = self._limit
        while more and left > 0:
            message = await receive()
            left -= max(1, len(message.get("body", b"")))
            more = _continues(message)


def _continues(message: Message) -> bool:
    """Whether more of the body is to come; asking then would wait for the client to leave."""
    return message["type"] == "http.request" and bool(message.get("more_body"))
