"""An association with a real meter, ciphered as it was on the line.

The trace of a Landis+Gyr meter in the tests of Circutor/gosem: InitiateRequest, a GET under the
dedicated key, RLRQ and RLRE; what stands between them is built from the same keys.
"""

from dataclasses import dataclass, field

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import AssociationParameters
from dcud.dlms.conformance import Conformance
from dcud.dlms.connection import (
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Released,
    SecurityRefused,
)
from dcud.dlms.datalink import LinkClosed, LinkConnected, LinkEvent
from dcud.dlms.errors import ProtocolError, ReplayError, SecurityPolicyError, TagError
from dcud.dlms.exchange import Answered
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Get
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Guard, SecurityParameters
from dcud.dlms.security.protection import ClientProtection
from dcud.dlms.security.suite import SecuritySuite
from tests.support.protected_apdus import Protected
from tests.support.scripted_link import ScriptedLink

KEY = Secret(bytes.fromhex("00112233445566778899aabbccddeeff"))
DEDICATED_KEY = Secret(bytes.fromhex("5e168412318ba71848c99b2b2ab33294"))
CLIENT = bytes.fromhex("4349520000000001")
METER = bytes.fromhex("4c475a2022604828")

GLO_INITIATE_REQUEST = (
    "2130300000005992d807dbcf8533e9ad675ae0948241fb8e6cf9afa7006baa134a473c9151b3362f"
    "56dc12f89e85da97e176"
)
DED_GET_REQUEST = "d01e3000000001d3b903996d9508c5b6bcdeb025dd1800a5c92775fb55f317cf"
RLRQ = (
    "6239800100be3404322130300000005a8e9b83d641b89faaf36da504132c34f87e4ba66175a7dced01546023"
    "9699c72c18c06db29c54673b83bac0"
)
RLRE = "6328800100be230421281f300000005bcd34827974edcf8b1dab306f62c58ab42052db67361377507825"
INITIATE_RESPONSE = bytes.fromhex("0800065f1f040000181f00fa0007")

CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
LINK_UP = LinkConnected(
    max_info_transmit=128, max_info_receive=128, window_transmit=1, window_receive=1
)
BOTH = Guard(authenticated=True, encrypted=True)


def global_key(counter: int) -> Protected:
    return Protected(key=KEY, authentication_key=KEY, title=METER, counter=counter)


def dedicated_key(counter: int) -> Protected:
    return Protected(key=DEDICATED_KEY, authentication_key=KEY, title=METER, counter=counter)


def protection() -> ClientProtection:
    return ClientProtection(
        SecurityParameters(
            client_system_title=CLIENT, suite=SecuritySuite.SUITE_0, requests=BOTH, answers=BOTH
        ),
        KeySet(suite=SecuritySuite.SUITE_0, unicast=KEY, authentication=KEY),
        Counters(FreshCounter(0x59), ReceivedCounter(0x50)),
        dedicated_key=DEDICATED_KEY,
    )


@dataclass
class Dialogue:
    """A connection with that meter."""

    link: ScriptedLink = field(default_factory=ScriptedLink)

    def __post_init__(self) -> None:
        parameters = AssociationParameters(
            conformance=Conformance(0x00181F), max_receive_pdu_size=0x0200
        )
        self.connection = ClientConnection(self.link, parameters, protection=protection())
        self.connection.open(0.0)
        self.hears(LINK_UP)

    def hears(self, *events: LinkEvent | bytes) -> list[ConnectionEvent]:
        self.link.tell(*events)
        return self.connection.receive_data(b"", 0.0)

    def last_sent(self) -> str:
        return self.link.sent[-1].hex()


def aare(initiate: bytes) -> bytes:
    return AssociateResponse(
        application_context_name=ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING.value,
        responding_ap_title=METER,
        user_information=initiate,
    ).encode()


def associated() -> Dialogue:
    dialogue = Dialogue()
    (event,) = dialogue.hears(aare(global_key(0x5A).service(0x28, INITIATE_RESPONSE)))
    assert isinstance(event, Opened)
    assert event.association.server_max_receive_pdu_size == 250
    return dialogue


def test_the_initiate_request() -> None:
    request = AssociateRequest.decode(bytes.fromhex(Dialogue().last_sent()))
    assert request.calling_ap_title == CLIENT
    assert request.user_information is not None
    assert request.user_information.hex() == GLO_INITIATE_REQUEST


def test_a_get_under_the_dedicated_key() -> None:
    dialogue = associated()
    dialogue.connection.ask(Get(CLOCK), 0.0)
    dialogue.hears(dedicated_key(1).service(0xD4, bytes.fromhex("c401410000")))
    dialogue.connection.ask(Get(CLOCK), 0.0)
    # The meter's trace has this with invoke id 1 and priority, hence another ciphertext behind
    # those octets; tag, lengths, security control and counter are the same.
    assert dialogue.last_sent()[:14] == DED_GET_REQUEST[:14]
    assert len(dialogue.last_sent()) == len(DED_GET_REQUEST)
    answer = dedicated_key(2).service(0xD4, bytes.fromhex("c401420012000a"))
    assert dialogue.hears(answer) == [Answered(answer=bytes.fromhex("12000a"))]


def test_the_release() -> None:
    dialogue = associated()
    dialogue.connection.release(0.0)
    assert dialogue.last_sent() == RLRQ
    assert dialogue.hears(bytes.fromhex(RLRE)) == []
    assert dialogue.hears(LinkClosed()) == [Released()]


def test_a_forged_release_is_told() -> None:
    dialogue = associated()
    dialogue.connection.release(0.0)
    (event,) = dialogue.hears(bytes.fromhex(RLRE[:-2] + "26"))
    assert isinstance(event, SecurityRefused)
    assert isinstance(event.error, TagError)
    assert dialogue.hears(LinkClosed()) == [Released()]


def test_a_replayed_answer_is_passed_over_and_the_right_one_taken() -> None:
    dialogue = associated()
    answer = dedicated_key(1).service(0xD4, bytes.fromhex("c401410000"))
    dialogue.connection.ask(Get(CLOCK), 0.0)
    dialogue.hears(answer)
    dialogue.connection.ask(Get(CLOCK), 0.0)
    (event,) = dialogue.hears(answer)
    assert isinstance(event, SecurityRefused)
    assert isinstance(event.error, ReplayError)
    right = dedicated_key(2).service(0xD4, bytes.fromhex("c401420012000a"))
    assert dialogue.hears(right) == [Answered(answer=bytes.fromhex("12000a"))]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (bytes.fromhex("c401410000"), SecurityPolicyError),
        (
            dedicated_key(1).service(0xD4, bytes.fromhex("c401410000"))[:-1] + b"\x00",
            TagError,
        ),
    ],
)
def test_an_answer_that_can_not_be_trusted_ends_it(
    answer: bytes, kind: type[ProtocolError]
) -> None:
    dialogue = associated()
    dialogue.connection.ask(Get(CLOCK), 0.0)
    assert dialogue.hears(answer) == []
    (event,) = dialogue.hears(LinkClosed())
    assert isinstance(event, ConnectionFailed)
    assert type(event.error) is kind


def test_a_plain_initiate_response_is_refused() -> None:
    dialogue = Dialogue()
    assert dialogue.hears(aare(INITIATE_RESPONSE)) == []
    (event,) = dialogue.hears(LinkClosed())
    assert isinstance(event, ConnectionFailed)
    assert isinstance(event.error, SecurityPolicyError)
