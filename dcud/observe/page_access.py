"""Who may see the pages of the metrics listener, and over what."""

import binascii
import hmac
import secrets
import ssl
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dcud.observe.errors import MetricsPageError

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
"""Answers requests. [PEP 3333: the application side]"""

_SCHEME: Final = "basic "


class ServerTls:
    """TLS of the listener, by a certificate that may be exchanged while it runs.

    Args:
        certificate: PEM file, with those of authorities between behind it.
        private_key: PEM file of its key, without passphrase.

    Raises:
        MetricsPageError: the files can't be used.
    """

    def __init__(self, certificate: Path, private_key: Path) -> None:
        self._files = certificate, private_key
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.renew()

    def renew(self) -> None:
        """Show what stands in the files now to those who come from now on.

        Raises:
            MetricsPageError: the files can't be used; what was shown before still is.
        """
        certificate, private_key = self._files
        try:
            self._context.load_cert_chain(certificate, private_key, password="")
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise MetricsPageError(
                f"the metrics page can't use {certificate} with {private_key}: {error}",
                remedy="let them be PEM that the service user can read, the key without passphrase",
            ) from error

    def wrap(self, connection: Any) -> Any:
        """Return a connection that shakes hands when it is first read from."""
        return self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )


class Credentials:
    """The name and password that a client has to tell.

    Neither is kept: only what tells whether they are the same.
    """

    def __init__(self, username: str, password: bytes) -> None:
        self._key = secrets.token_bytes(32)
        self._digest = self._digest_of(username.encode() + b":" + password)

    def are_in(self, header: str) -> bool:
        """Tell whether a header Authorization has them. [RFC 7617: Basic]."""
        if not header.lower().startswith(_SCHEME):
            return False
        try:
            told = b64decode(header[len(_SCHEME) :], validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(self._digest_of(told), self._digest)

    def _digest_of(self, told: bytes) -> bytes:
        return hmac.digest(self._key, told, "sha256")


@dataclass(frozen=True, slots=True)
class PageAccess:
    """How clients reach the pages.

    Attributes:
        tls: None: in plain text.
        credentials: that a client has to tell; None: none.
    """

    tls: ServerTls | None = None
    credentials: Credentials | None = None


OPEN: Final = PageAccess()


def guarded(application: Application, credentials: Credentials) -> Application:
    """Return an application that answers only those who tell the credentials."""

    def answer(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if credentials.are_in(environ.get("HTTP_AUTHORIZATION", "")):
            return application(environ, start)
        start(
            "401 Unauthorized",
            [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("WWW-Authenticate", 'Basic realm="dcud", charset="UTF-8"'),
            ],
        )
        return [b"name and password are wanted\n"]

    return answer
