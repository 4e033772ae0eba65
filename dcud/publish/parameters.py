"""What the publisher needs to know of its broker."""

import ipaddress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol


class SecretOctets(Protocol):
    """Octets that show in no `repr`; `octets` is the one way to them."""

    @property
    def octets(self) -> bytes:
        """The secret itself."""
        ...


class ProtocolChoice(Enum):
    """Which versions of MQTT may be spoken."""

    AUTO = "auto"
    """5, and 3.1.1 where the broker knows no better."""
    MQTT_5 = "5"
    MQTT_3_1_1 = "3.1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsParameters:
    """Who vouches for the broker, and for us.

    Attributes:
        ca_file: PEM file of the authorities that may vouch for the broker; None: the system's.
        certificate_file: PEM file of the client certificate; None: none is shown.
        private_key_file: PEM file of its key; None: it stands in `certificate_file`.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    private_key_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttParameters:
    """One broker, and how to speak with it.

    Attributes:
        client_id: unique among the broker's clients.
        tls: None: in plain text.
        keepalive: longest silence towards the broker, in seconds.
        connect_timeout: how long a connection may take to come about, in seconds.
        message_expiry: seconds after which the broker drops a reading that nobody fetched (MQTT 5);
            None: never.
        session_expiry: seconds for which the broker keeps what comes for us while we are away
            (MQTT 5); 0: each connection begins with nothing.
        window: messages sent ahead of the broker's acknowledgement; the broker may want fewer.
    """

    host: str
    port: int
    client_id: str
    tls: TlsParameters | None = None
    username: str | None = None
    password: SecretOctets | None = field(default=None, repr=False)
    protocol: ProtocolChoice = ProtocolChoice.AUTO
    keepalive: float = 60.0
    connect_timeout: float = 15.0
    message_expiry: float | None = None
    session_expiry: float = 0.0
    window: int = 20

    @property
    def address(self) -> str:
        """Host and port as people write them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Tell whether a broker is on this machine; all others want TLS unless someone decides else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
