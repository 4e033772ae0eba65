"""TLS towards the broker."""

import ssl

from dcud.publish.errors import CredentialError
from dcud.publish.parameters import TlsParameters


class _TidySocket(ssl.SSLSocket):
    """A socket that doesn't stay open when its handshake fails: paho-mqtt would leave it."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  # ssl's signature
        """Shake hands, or close and raise."""
        try:
            super().do_handshake(block)
        except BaseException:  # cut short in whatever way: nobody else has the socket
            self.close()
            raise


def tls_context(parameters: TlsParameters) -> ssl.SSLContext:
    """Return a context that checks the broker's name and shows our certificate, read afresh.

    Raises:
        CredentialError: a file can't be read, or key and certificate don't fit together.
    """
    name: object = parameters.ca_file
    try:
        context = ssl.create_default_context(cafile=parameters.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = _TidySocket
        if parameters.certificate_file is not None:
            name = _names(parameters)
            # An encrypted key must not make a daemon ask for its passphrase on a terminal.
            context.load_cert_chain(
                parameters.certificate_file, parameters.private_key_file, password=""
            )
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise CredentialError(
            f"TLS: can't use {name}: {error}",
            remedy="let it be PEM that the service user can read, the key without passphrase",
        ) from error
    return context


def _names(parameters: TlsParameters) -> str:
    """Return the files of the client certificate."""
    files = (parameters.certificate_file, parameters.private_key_file)
    return " with ".join(str(file) for file in files if file is not None)
