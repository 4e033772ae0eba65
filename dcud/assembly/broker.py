"""From the configuration's broker to how it is reached."""

from pathlib import Path

from dcud.config import model
from dcud.dlms.secret import Secret
from dcud.publish.parameters import MqttParameters, ProtocolChoice, TlsParameters


def mqtt_parameters(mqtt: model.Mqtt, password: Secret | None) -> MqttParameters:
    """Return how the broker is reached."""

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
        window=mqtt.in_flight,
    )
