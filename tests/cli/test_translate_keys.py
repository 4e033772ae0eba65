from collections.abc import Iterable
from pathlib import Path

import pytest

from dcud.cli.main import UsageError
from dcud.cli.translate_keys import TranslationKeys
from dcud.dlms.errors import KeyMissingError, SystemTitleError, TagError
from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher
from dcud.dlms.security.control import SecurityControl
from dcud.trace.apdu import dissect_apdu

# Keys, titles and APDUs of the Green Book's examples, as in the tests of u9n/dlms-cosem and jDLMS.
UNICAST = Secret(bytes.fromhex("000102030405060708090A0B0C0D0E0F"))
AUTHENTICATION = Secret(bytes.fromhex("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"))
TITLE = bytes.fromhex("4D4D4D0000BC614E")
GET = "C0010000080000010000FF0200"
BOTH = "C81E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B"
ENCRYPTED = "C8122001234567411312FF935A47566827C467BC"
KEYS = {"unicast_key": UNICAST, "authentication_key": AUTHENTICATION}


def keys(titles: Iterable[bytes] = (TITLE,), **others: Secret) -> TranslationKeys:
    return TranslationKeys({**KEYS, **others}, titles)


def opened(by: TranslationKeys, octets: str) -> str | None:
    plain = by.opened(dissect_apdu(bytes.fromhex(octets)))
    return None if plain is None else plain.hex().upper()


@pytest.mark.parametrize(
    "octets", [BOTH, ENCRYPTED, "E6E600" + BOTH, "DB08" + TITLE.hex() + BOTH[2:]]
)
def test_a_ciphered_apdu_is_opened(octets: str) -> None:
    assert opened(keys(), octets) == GET


def test_the_title_that_fits_is_found() -> None:
    assert opened(keys([bytes(8), TITLE]), BOTH) == GET


def test_what_is_not_ciphered_stays_as_it_is() -> None:
    assert opened(keys(), GET) is None
    assert opened(keys(), "") is None


@pytest.mark.parametrize(
    ("by", "octets", "error"),
    [
        (keys([bytes(8)]), BOTH, TagError),
        (keys([bytes(8)]), ENCRYPTED, TagError),
        (keys([]), BOTH, SystemTitleError),
        (TranslationKeys({}, [TITLE]), BOTH, KeyMissingError),
        (TranslationKeys({"unicast_key": UNICAST}, [TITLE]), BOTH, KeyMissingError),
        (keys(), "D0" + BOTH[2:], KeyMissingError),
        (keys(), BOTH[:4] + "70" + BOTH[6:], KeyMissingError),
        (keys(), "DD0000000000" + "0101" + "00" + "02" + "0100" + BOTH[2:], KeyMissingError),
    ],
)
def test_what_can_not_be_opened_is_told(
    by: TranslationKeys, octets: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        opened(by, octets)


def test_a_title_is_learnt_from_an_association_with_its_dedicated_key() -> None:
    dedicated = Secret(bytes(range(16)))
    initiate = bytes.fromhex("010110" + dedicated.octets.hex() + "0000065F1F0400005014FFFF")
    control = SecurityControl(suite=0, authenticated=True, encrypted=True)
    body = BodyCipher(UNICAST, AUTHENTICATION).encipher(control, TITLE, 1, initiate)
    glo = bytes((0x21, len(body))) + body
    information = bytes((0xBE, len(glo) + 2, 0x04, len(glo))) + glo
    title = bytes.fromhex("A60A0408") + TITLE
    aarq = bytes((0x60, len(title) + len(information))) + title + information
    by = keys([])
    part = dissect_apdu(aarq)
    by.learn(part)
    assert by.opened(part) == initiate
    by.learn(dissect_apdu(initiate))
    body = BodyCipher(dedicated, AUTHENTICATION).encipher(control, TITLE, 2, bytes.fromhex(GET))
    assert opened(by, (bytes((0xD0, len(body))) + body).hex()) == GET


def test_keys_are_those_of_the_meter(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(
        '[meter.house-1]\nunicast_key = "hex:000102030405060708090a0b0c0d0e0f"\n'
        'authentication_key = "hex:d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"\n'
    )
    path.chmod(0o600)
    assert opened(TranslationKeys.read(path, "house-1", [TITLE]), BOTH) == GET
    with pytest.raises(UsageError, match=r"no table \[meter.house-2\]"):
        TranslationKeys.read(path, "house-2", [TITLE])
    with pytest.raises(UsageError, match=r"no table \[default\]"):
        TranslationKeys.read(path, None, [TITLE])
