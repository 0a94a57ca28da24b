"""A proxy that counts the requests of an HTTP server, and is slow or flaky when told to."""

import asyncio
import threading
from contextlib import suppress


class Proxy:
    """Passes connections to a port on this machine.

    Attributes
    ----------
    requests : list of str
        ``"GET /path"`` of every request that came.
    latency : float
        Seconds before a request is passed on.
    drop : callable
        Called with the text of a request; True closes its connection unanswered.
    cut : callable
        Called with the text of a request; a number of bytes after which its answer breaks off,
        or None.
    """

    def __init__(self, port):
        self.target = port
        self.reset()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def reset(self):
        self.requests = []
        self.latency = 0.0
        self.drop = lambda request: False
        self.cut = lambda request: None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def count(self, *methods):
        """How many requests came of some methods, or at all."""
        return sum(not methods or r.split()[0] in methods for r in self.requests)

    def __enter__(self):
        self._thread.start()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exc_info):
        async def stop():
            self._server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self, reader, writer):
        answers = None
        with suppress(OSError, EOFError, asyncio.CancelledError):
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            state = {"left": None}
            answers = asyncio.ensure_future(self._answer(there, writer, state))
            try:
                await self._pass_requests(reader, back, state)
            finally:
                back.close()
        if answers is not None:
            answers.cancel()
        writer.close()

    async def _pass_requests(self, reader, back, state):
        while head := await reader.readuntil(b"\r\n\r\n"):
            request = " ".join(head.split(b"\r\n", 1)[0].decode("latin-1").split()[:2])
            self.requests.append(request)
            if self.latency:
                await asyncio.sleep(self.latency)
            if self.drop(request):
                return
            state["left"] = self.cut(request)
            back.write(head)
            left = _length(head)
            while left:
                data = await reader.read(min(left, 1 << 16))
                if not data:
                    return
                back.write(data)
                await back.drain()
                left -= len(data)

    async def _answer(self, there, writer, state):
        with suppress(OSError, asyncio.CancelledError):
            while data := await there.read(1 << 16):
                if state["left"] is not None:
                    data = data[: state["left"]]
                    state["left"] -= len(data)
                writer.write(data)
                await writer.drain()
                if state["left"] == 0:
                    break
        writer.close()


def _length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
