"""From the configuration's broker to how it is reached."""

from pathlib import Path

from dcud.config import model
from dcud.dlms.secret import Secret
from dcud.publish.parameters import MqttParameters, ProtocolChoice, TlsParameters


def mqtt_parameters(
    mqtt: model.Mqtt, password: Secret | None, *, takes_requests: bool
) -> MqttParameters:
    """Return how the broker is reached.

    Args:
        mqtt: the broker's section.
        password: ours, if it wants one.
        takes_requests: whether requests come from it, which it may keep while we are away.
    """
    # Sparkplug's edge nodes begin anew each time. [Sparkplug 3.0: edge node session establishment]
    keeps = takes_requests and mqtt.payload != "sparkplug-b"

    def path(name: str | None) -> Path | None:
        return None if name is None else Path(name)

    return MqttParameters(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id,
        tls=TlsParameters(
            ca_file=path(mqtt.ca_file),
            certificate_file=path(mqtt.certificate_file),
            private_key_file=path(mqtt.private_key_file),
        )
        if mqtt.tls
        else None,
        username=mqtt.username,
        password=password,
        protocol=ProtocolChoice(mqtt.protocol),
        keepalive=mqtt.keepalive,
        connect_timeout=mqtt.connect_timeout,
        message_expiry=mqtt.message_expiry,
        session_expiry=mqtt.session_expiry if keeps else 0.0,
        window=mqtt.in_flight,
    )
