"""The HTTP page that Prometheus scrapes."""

import logging
import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any, ClassVar, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from dcud.observe.errors import MetricsPageError
from dcud.observe.page_access import (
    OPEN,
    Application,
    PageAccess,
    ServerTls,
    StartResponse,
    guarded,
)

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_LOGGER = logging.getLogger("dcud.observe")

_CLIENT_PATIENCE: Final = 10.0
"""Seconds that a client may take between octets of its request before it is hung up on."""


class MetricsPage:
    """Serves `/metrics`; `/healthz` for those who ask only whether all is well, `/readyz` likewise.

    It lives in threads of its own, so that a long page delays no bus more than the interpreter's
    switching interval.

    Args:
        registry: makes what the page shows; called when the page is first asked for, so that a page
            that nobody reads costs nothing, and the daemon's start doesn't wait for it.
        host: address to listen on; the default is reachable from this machine alone.
        port: TCP port; 0 takes a free one.
        ailment: says what is wrong with the daemon, empty while it is well; called in the page's
            threads.
        lack: says what is missing before it does its work, empty once it does; likewise.
        access: how clients reach the pages; the default is whoever can, in plain text.
    """

    def __init__(
        self,
        registry: "Callable[[], CollectorRegistry]",
        *,
        host: str = "127.0.0.1",
        port: int,
        ailment: Callable[[], str] = lambda: "",
        lack: Callable[[], str] = lambda: "",
        access: PageAccess = OPEN,
    ) -> None:
        self._registry = registry
        self._metrics: Application | None = None
        self._access = access
        self._host = host
        self._port = port
        self._states = {"/healthz": ailment, "/readyz": lack}
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> tuple[str, int]:
        """Listen and serve; return the address and port that are listened on.

        Raises:
            MetricsPageError: the address is taken or is not ours.
        """
        kind = _Server6 if ":" in self._host else _Server
        try:
            server = kind((self._host, self._port), _Exchange)
        except OSError as error:
            raise self._refusal(error) from error
        server.tls = self._access.tls
        guard = self._access.credentials
        server.set_app(self._answer if guard is None else guarded(self._answer, guard))
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="metrics", daemon=True
        )
        self._thread.start()
        return server.server_name, server.server_port

    def renew(self) -> None:
        """Show the certificate that stands in its file now.

        Raises:
            MetricsPageError: it can't be used; that of before is shown.
        """
        if self._access.tls is not None:
            self._access.tls.renew()

    def close(self) -> None:
        """Stop serving and free the port; harmless when called again."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def _refusal(self, error: OSError) -> MetricsPageError:
        reason = error.strerror or str(error)
        return MetricsPageError(
            f"the metrics page can't listen on {self._host} port {self._port}: {reason}",
            remedy="set another address under [metrics], or stop the program that holds this one",
        )

    def _answer(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return self._page(environ, start)
        if path in self._states:
            fault = self._states[path]()
            return _text(start, "503 Service Unavailable" if fault else "200 OK", fault or "ok")
        return _text(start, "404 Not Found", "the metrics are at /metrics")

    def _page(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        try:
            if self._metrics is None:  # two threads may find it so, and one's work is for nothing
                self._metrics = _application(self._registry())
            page = self._metrics(environ, start)
        except Exception:  # whatever a collector raises costs this one page, never the server
            _LOGGER.exception("the metrics page can't be made")
            return _text(start, "500 Internal Server Error", "the page can't be made; see the log")
        return page


def _application(registry: "CollectorRegistry") -> Application:
    from prometheus_client import make_wsgi_app  # noqa: PLC0415  # not at start; see above

    application: Application = make_wsgi_app(registry)
    return application


def _text(start: StartResponse, status: str, sentence: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{sentence}\n".encode()]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    tls: ServerTls | None = None

    def get_request(self) -> tuple[Any, Any]:
        """Return a connection; its own thread shakes hands, so that nobody else waits for that."""
        connection, address = super().get_request()
        return connection if self.tls is None else self.tls.wrap(connection), address

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which may take its time."""
        TCPServer.server_bind(self)
        self.server_name = str(self.server_address[0])
        self.server_port = self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # its shape
        """Let clients go that hang up or fall silent; nothing of ours is lost with them."""
        _LOGGER.debug("the client %s of the metrics page went away", client_address)


class _Server6(_Server):
    address_family: int = socket.AF_INET6


class _Exchange(WSGIRequestHandler):
    timeout: ClassVar[float | None] = _CLIENT_PATIENCE

    def log_message(self, *args: object) -> None:
        """Stay silent: a scrape is no news."""
