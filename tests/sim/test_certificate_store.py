"""Certificates brought to a simulated meter, listed, fetched and removed by our client."""

from pathlib import Path

import pytest

from dcud.cosem.security_setup import (
    CURRENT_SECURITY_SETUP,
    SECURITY_SETUP,
    ByEntity,
    CertificateIdentification,
    CertificateInfo,
    SetupMethod,
    identification_data,
    parse_certificates,
)
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.connection import ConnectionEvent, Opened
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import Data, decode_data, encode_data
from dcud.dlms.exchange import Answered
from dcud.dlms.octets import Cursor
from dcud.dlms.security.certificate_kind import CertificateEntity, CertificateType
from dcud.dlms.security.suite import SecuritySuite
from tests.support.meter_certificates import AGREEMENT, Issuer
from tests.support.outcomes import has_value
from tests.support.secured_simulation import CLIENT, METER, Client, Site

ROOT = Issuer.root()
SIGNING = ROOT.meter(METER.hex().upper(), serial=1)
AGREEING = ROOT.meter(METER.hex().upper(), usage=AGREEMENT, serial=2)
CLIENTS = ROOT.meter(CLIENT.hex().upper(), serial=3)
SOMEBODYS = ROOT.meter("Nobody in particular", serial=4)
CERTIFICATES = AttributeDescriptor(SECURITY_SETUP, CURRENT_SECURITY_SETUP, 6)


class Talk:
    """A client of a meter that holds two certificates of its own."""

    def __init__(self, state: Path | None = None) -> None:
        self.site = Site(suite=SecuritySuite.SUITE_1, state=state)
        self.site.demand_changes = {"certificates": (SIGNING.der, AGREEING.der)}
        self.begin()

    def begin(self) -> None:
        """Have the meter come up, and open an association."""
        self.site.meter = self.site.new_meter()
        self._client: Client = self.site.client()
        assert isinstance(self._client.open(), Opened)

    def act(self, method: int, parameter: Data) -> ConnectionEvent:
        descriptor = MethodDescriptor(SECURITY_SETUP, CURRENT_SECURITY_SETUP, method)
        call = MethodCall(method=descriptor, parameter=encode_data(parameter))
        return self._client.act(call)

    def bring(self, der: bytes) -> ConnectionEvent:
        return self.act(SetupMethod.IMPORT_CERTIFICATE, octet_string(der))

    def fetch(self, wanted: CertificateIdentification) -> ConnectionEvent:
        return self.act(SetupMethod.EXPORT_CERTIFICATE, identification_data(wanted))

    def listed(self) -> tuple[CertificateInfo, ...]:
        told = self._client.get(CERTIFICATES)
        assert has_value(told)
        return parse_certificates(decode_data(Cursor(told.answer)))


def fetched(der: bytes) -> Answered[bytes]:
    return Answered(answer=encode_data(octet_string(der)))


def test_what_a_meter_holds() -> None:
    first, second = Talk().listed()
    assert (first.entity, first.type) == (
        CertificateEntity.SERVER,
        CertificateType.DIGITAL_SIGNATURE,
    )
    assert (second.entity, second.type, second.serial_number) == (
        CertificateEntity.SERVER,
        CertificateType.KEY_AGREEMENT,
        b"\x02",
    )


def test_a_certificate_is_fetched_by_either_name() -> None:
    talk = Talk()
    by_entity = ByEntity(
        entity=CertificateEntity.SERVER,
        type=CertificateType.KEY_AGREEMENT,
        system_title=METER,
    )
    assert talk.fetch(by_entity) == fetched(AGREEING.der)
    assert talk.fetch(talk.listed()[0].identification) == fetched(SIGNING.der)


def test_others_are_brought_to_it() -> None:
    talk = Talk()
    for issuer in (ROOT, CLIENTS, SOMEBODYS):
        assert talk.bring(issuer.der) == Answered(answer=None)
    assert [each.entity for each in talk.listed()[2:]] == [
        CertificateEntity.CERTIFICATION_AUTHORITY,
        CertificateEntity.CLIENT,
        CertificateEntity.OTHER,
    ]


def test_removed_is_gone() -> None:
    talk = Talk()
    name = talk.listed()[0].identification
    told = identification_data(name)
    assert talk.act(SetupMethod.REMOVE_CERTIFICATE, told) == Answered(answer=None)
    refused = Answered(answer=ActionResult.OTHER_REASON)
    assert talk.fetch(name) == refused
    assert talk.act(SetupMethod.REMOVE_CERTIFICATE, told) == refused
    assert len(talk.listed()) == 1


def test_they_outlive_the_power(tmp_path: Path) -> None:
    talk = Talk(tmp_path / "state")
    talk.bring(CLIENTS.der)
    talk.begin()
    assert len(talk.listed()) == 3


@pytest.mark.parametrize("der", [b"", b"\x30\x00", SIGNING.der[:-1]])
def test_what_is_none(der: bytes) -> None:
    assert Talk().bring(der) == Answered(answer=ActionResult.OTHER_REASON)
