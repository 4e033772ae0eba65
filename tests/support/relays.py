"""Relays that bring the TCP port of a peer's meter to other media, each in a thread of its own."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dcud.dlms.gateway import RESPONSE_TAG, GatewayAddress, Prefixed, decode

_HEADER = 8
"""Octets of a wrapper header; the last two are the length of what follows."""

Endpoint = tuple[str, int]


@contextmanager
def on_udp(meter: Endpoint) -> Iterator[Endpoint]:
    """Give each datagram to the meter, and its answer back."""
    near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    near.bind(("127.0.0.1", 0))

    def relay() -> None:
        with socket.create_connection(meter) as far:
            while True:
                request, client = near.recvfrom(65_536)
                if not request:  # it was shut
                    return
                far.sendall(request)
                near.sendto(_unit(far), client)

    with _running(near, relay):
        yield near.getsockname()


@contextmanager
def behind_a_gateway(meter: Endpoint, address: GatewayAddress) -> Iterator[Endpoint]:
    """Be a concentrator, with the meter at `address` behind; asserts that nobody else is asked."""
    near = socket.create_server(("127.0.0.1", 0))

    def relay() -> None:
        while True:
            client, _ = near.accept()
            with client, socket.create_connection(meter) as far:
                while request := _unit(client):
                    prefixed = decode(request[_HEADER:])
                    assert prefixed is not None
                    assert prefixed.address == address
                    far.sendall(_with_length(request, prefixed.apdu))
                    answer = _unit(far)
                    said = Prefixed(RESPONSE_TAG, address, answer[_HEADER:]).build()
                    client.sendall(_with_length(answer, said))

    with _running(near, relay):
        yield near.getsockname()


@contextmanager
def _running(near: socket.socket, relay: Callable[[], None]) -> Iterator[None]:
    """Run `relay` until `near` is shut, which makes it fail where it waits."""

    def run() -> None:
        with contextlib.suppress(OSError):
            relay()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # a datagram socket says that it has no connection
            near.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        near.close()
        assert not thread.is_alive()


def _unit(stream: socket.socket) -> bytes:
    """Read one wrapper unit; b"" at the end."""
    header = _exactly(stream, _HEADER)
    return header and header + _exactly(stream, int.from_bytes(header[6:], "big"))


def _exactly(stream: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        more = stream.recv(count - len(octets))
        if not more:
            return b""
        octets += more
    return octets


def _with_length(unit: bytes, apdu: bytes) -> bytes:
    return unit[:6] + len(apdu).to_bytes(2, "big") + apdu
