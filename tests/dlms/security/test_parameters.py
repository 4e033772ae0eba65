import pytest

from dcud.dlms.errors import SystemTitleError
from dcud.dlms.security.parameters import Guard, SecurityParameters
from dcud.dlms.security.suite import SecuritySuite

BOTH = Guard(authenticated=True, encrypted=True)


def parameters(
    *,
    client: bytes = b"CLI00001",
    server: bytes | None = None,
    suite: SecuritySuite = SecuritySuite.SUITE_0,
    compress_in_any_suite: bool = False,
) -> SecurityParameters:
    return SecurityParameters(
        client_system_title=client,
        server_system_title=server,
        suite=suite,
        requests=BOTH,
        answers=BOTH,
        compress_in_any_suite=compress_in_any_suite,
    )


@pytest.mark.parametrize(
    ("guard", "ciphers"),
    [
        (Guard(), False),
        (Guard(signed=True), False),
        (Guard(authenticated=True), True),
        (Guard(encrypted=True), True),
    ],
)
def test_a_signature_is_no_ciphering(guard: Guard, ciphers: bool) -> None:  # noqa: FBT001  # a table
    assert guard.ciphers is ciphers


@pytest.mark.parametrize("title", [b"", b"MTR001", b"MTR0000001"])
def test_system_titles_have_8_octets(title: bytes) -> None:
    with pytest.raises(SystemTitleError, match=f"the client's.*{len(title)} octets"):
        parameters(client=title)
    with pytest.raises(SystemTitleError, match="the meter's"):
        parameters(server=title)


def test_client_and_meter_are_not_the_same() -> None:
    with pytest.raises(SystemTitleError, match="434c493030303031; give the client another one"):
        parameters(server=b"CLI00001")
    parameters().check_server(b"MTR00001")
    with pytest.raises(SystemTitleError):
        parameters().check_server(b"CLI00001")


def test_compression_belongs_to_the_newer_suites() -> None:
    assert not parameters().compressible
    assert parameters(suite=SecuritySuite.SUITE_1).compressible
    assert parameters(suite=SecuritySuite.SUITE_2, server=b"MTR00001").compressible
    assert parameters(compress_in_any_suite=True).compressible
