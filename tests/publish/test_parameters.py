from dataclasses import dataclass, field

import pytest

from dcud.publish.parameters import MqttParameters, is_loopback


@dataclass(frozen=True)
class _Password:
    octets: bytes = field(default=b"sesame")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["broker.example", "10.0.0.1", "fe80::1", "localhost.example"])
def test_other_machines_are_recognised(host: str) -> None:
    assert not is_loopback(host)


def test_the_password_is_never_shown() -> None:
    parameters = MqttParameters(host="h", port=1, client_id="c", password=_Password())
    assert "sesame" not in repr(parameters)
    assert "sesame" not in str(parameters)


def test_the_address_is_written_as_people_write_it() -> None:
    assert MqttParameters(host="h", port=1883, client_id="c").address == "h:1883"
    assert MqttParameters(host="::1", port=8883, client_id="c").address == "[::1]:8883"
