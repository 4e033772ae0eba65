"""A TCP relay that remembers what a client sent, also what the client died over."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class RecordingRelay:
    """Hands every connection on to one server.

    Attributes:
        host: that it listens on.
        port: likewise.
        sent: what clients sent, a list of pieces as they came for each connection.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self.sent: list[list[bytes]] = []
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        self._news = threading.Condition()

    @property
    def pieces(self) -> int:
        """Return how many pieces were sent on all connections."""
        return sum(map(len, self.sent))

    def wait_for_pieces(self, count: int, timeout: float = 20.0) -> int:
        """Wait until so many pieces were sent; return how many there are."""
        with self._news:
            assert self._news.wait_for(lambda: self.pieces >= count, timeout), "nothing is sent"
            return self.pieces

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                recorded: list[bytes] = []
                self.sent.append(recorded)
                server = socket.create_connection(self._server)
                for ends, record in (((client, server), recorded), ((server, client), None)):
                    threading.Thread(target=self._hand_on, args=(*ends, record)).start()

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _hand_on(
        self, source: socket.socket, sink: socket.socket, record: list[bytes] | None
    ) -> None:
        with source, suppress(OSError):
            while octets := source.recv(65536):
                if record is not None:
                    with self._news:
                        record.append(octets)
                        self._news.notify_all()
                sink.sendall(octets)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def recording(host: str, port: int) -> Iterator[RecordingRelay]:
    """Relay to a server while the context lasts."""
    relay = RecordingRelay((host, port))
    thread = threading.Thread(target=relay.serve)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join(5)
