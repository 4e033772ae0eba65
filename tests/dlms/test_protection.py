from dcud.dlms.protection import Protection
from dcud.dlms.security.probe import CounterProbe
from dcud.dlms.security.suite import SecuritySuite

# That each of these is a Protection is what mypy says of this file.
PROTECTIONS: tuple[Protection, ...] = (CounterProbe(b"DCU00001", SecuritySuite.SUITE_0, bytes(64)),)


def test_an_association_can_ask_for_what_it_needs() -> None:
    for protection in PROTECTIONS:
        assert len(protection.client_system_title) == 8
        assert protection.dedicated_key is None
