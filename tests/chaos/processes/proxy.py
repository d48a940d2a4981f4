"""A TCP proxy before a Redis: cuts, delays, resets, and sends requests again; by member, for connections old and new.

It runs in a thread of its own. A cut is a network that swallows packets: connections stay, nothing gets through, and
what was on its way arrives when the network is back, like TCP's own retransmissions.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Literal, TypeVar

from tests.chaos.harness import Disturbance
from tests.chaos.processes.requests import RequestReader

T = TypeVar("T")
Direction = Literal["requests", "answers"]
#: who has a connection, or what tells it from the client's port
Member = str | Callable[[int], str]
_PIECE = 65536


class _Connection:
    """One client's, and the one to Redis that belongs to it. `member`: looked up once somebody wants to know."""

    def __init__(self, member: Member, client: asyncio.StreamWriter, upstream: asyncio.StreamWriter) -> None:
        self.client, self.upstream = client, upstream
        self._member, self._port = member, client.get_extra_info("peername", ("", 0))[1]

    @property
    def member(self) -> str:
        return self._member if isinstance(self._member, str) else ""

    def identify(self) -> None:
        """Slow: not in the loop."""
        if not isinstance(self._member, str):
            self._member = self._member(self._port)

    def reset(self) -> None:
        for writer in (self.client, self.upstream):
            sock = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                # RST instead of FIN
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class FaultProxy:
    """Of one Redis. `listen` a port for each member, or one for all where `owner_of` tells members apart."""

    def __init__(self, port: int) -> None:
        """`port`: of the Redis, at the loopback."""
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._disturbances: dict[str, Disturbance] = {}
        self._changed = asyncio.Event()
        self.repeated = 0

    def listen(self, member: Member) -> int:
        """A port of the loopback. A callable is given a client's port and tells which member that is."""

        async def serve() -> int:
            server = await asyncio.start_server(lambda r, w: self._accept(member, r, w), "127.0.0.1", 0)
            self._servers.append(server)
            return int(server.sockets[0].getsockname()[1])

        return self._call(serve())

    def disturb(self, member: str, disturbance: Disturbance) -> None:
        """From now on."""
        for connection in list(self._connections):
            connection.identify()

        async def apply() -> None:
            if disturbance.kind == "reset":
                for connection in [c for c in self._connections if c.member == member]:
                    connection.reset()
                return
            self._disturbances[member] = disturbance
            self._notify()

        self._call(apply())
        for connection in list(self._connections):
            connection.identify()  # those that came in between

    def mend(self) -> None:
        """No disturbance any more."""

        async def apply() -> None:
            self._disturbances.clear()
            self._notify()

        self._call(apply())

    def close(self) -> None:
        """End all connections."""

        async def end() -> None:
            for server in self._servers:
                server.close()
            for connection in list(self._connections):
                connection.reset()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0.01)

        self._call(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # -- in the loop ---------------------------------------------------------------------------------------------------

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _accept(self, member: Member, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_redis, to_redis = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        for one in (writer, to_redis):
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(member, writer, to_redis)
        self._connections.add(connection)
        if self._disturbances:
            await self._loop.run_in_executor(None, connection.identify)
        pumps = {
            self._loop.create_task(self._pump(connection, "requests", reader, to_redis)),
            self._loop.create_task(self._pump(connection, "answers", from_redis, writer)),
        }
        self._tasks |= pumps
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._tasks -= pumps
            self._connections.discard(connection)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for one in (writer, to_redis):
                one.close()

    async def _pump(
        self, connection: _Connection, direction: Direction, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        requests = RequestReader()
        try:
            while data := await source.read(_PIECE):
                await self._let_through(connection.member, direction)
                disturbance = self._disturbances.get(connection.member)
                if disturbance is not None and disturbance.kind == "latency":
                    await asyncio.sleep(disturbance.seconds)
                if direction == "requests" and disturbance is not None and disturbance.kind == "repeat":
                    for request in requests.feed(data):
                        if disturbance.containing in request:
                            self._later(disturbance.seconds, request)
                sink.write(data)
                await sink.drain()
            # so that an end is not noticed by the other side of a cut either
            await self._let_through(connection.member, direction)
        except (ConnectionError, OSError):
            pass

    async def _let_through(self, member: str, direction: Direction) -> None:
        while True:
            disturbance = self._disturbances.get(member)
            if disturbance is None or disturbance.kind != "cut" or disturbance.direction not in ("both", direction):
                return
            await self._changed.wait()

    def _later(self, seconds: float, request: bytes) -> None:
        task = self._loop.create_task(self._repeat(seconds, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _repeat(self, seconds: float, request: bytes) -> None:
        await asyncio.sleep(seconds)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(request)
            await writer.drain()
            await reader.read(_PIECE)
            writer.close()
        except OSError:
            return  # the Redis is away: so are its late packets
        self.repeated += 1
