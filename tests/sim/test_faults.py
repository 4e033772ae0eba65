"""Everything that a simulated meter does wrong on demand is refused by an error of its own."""

import pytest

from dcud.dlms.authentication import Mechanism
from dcud.dlms.connection import ConnectionEvent, ConnectionFailed, Opened, SecurityRefused
from dcud.dlms.errors import (
    MeterNotAuthenticError,
    ProtocolError,
    ReplayError,
    SecurityControlError,
    SecurityPolicyError,
    SystemTitleError,
    TagError,
    TransactionError,
)
from dcud.dlms.security.parameters import Form, Guard
from dcud.sim.faults import Fault
from tests.support.outcomes import has_value
from tests.support.secured_simulation import NAME, Client, Site

REFUSED_ANSWERS: dict[Fault, type[ProtocolError]] = {
    Fault.REPLAY_ANSWER: ReplayError,
    Fault.OLD_COUNTER: ReplayError,
    Fault.WRONG_TAG: TagError,
    Fault.WRONG_KEY: TagError,
    Fault.PLAIN_ANSWER: SecurityPolicyError,
    Fault.WEAKER: SecurityPolicyError,
    Fault.WRONG_SUITE: SecurityControlError,
    Fault.WRONG_KEY_SET: SecurityControlError,
    Fault.OTHER_FORM: SecurityControlError,
    Fault.CHANGED_SERVICE: SecurityControlError,
    Fault.WRONG_ORIGINATOR: TagError,
}
IN_GENERAL_FORMS = REFUSED_ANSWERS | {
    Fault.WRONG_ORIGINATOR: SystemTitleError,
    Fault.WRONG_TRANSACTION: TransactionError,
}
REFUSED_ASSOCIATIONS: dict[Fault, type[ProtocolError]] = {
    Fault.WRONG_TITLE: SystemTitleError,
    Fault.PLAIN_INITIATE: SecurityPolicyError,
    Fault.PLAIN_CONTEXT: SecurityPolicyError,
    Fault.WRONG_PROOF: MeterNotAuthenticError,
    Fault.NO_PROOF: MeterNotAuthenticError,
    Fault.REFLECT_CHALLENGE: MeterNotAuthenticError,
    Fault.SHORT_CHALLENGE: MeterNotAuthenticError,
    Fault.NO_CHALLENGE: MeterNotAuthenticError,
}
ONLY_THE_SECOND = {Fault.REPLAY_ANSWER, Fault.OLD_COUNTER}
"""Nobody can know of the first answer under a fresh key that it is wrong."""


def error_of(event: ConnectionEvent) -> ProtocolError:
    assert isinstance(event, ConnectionFailed | SecurityRefused), event
    return event.error


def refused(site: Site) -> ProtocolError:
    """Return what is said of the first answer that can't be trusted, of two."""
    client: Client = site.client()
    opened = client.open()
    assert isinstance(opened, Opened)
    answer = client.get(NAME)
    if has_value(answer) and site.fault in ONLY_THE_SECOND:
        answer = client.get(NAME)
    return error_of(answer)


@pytest.mark.parametrize("fault", list(REFUSED_ANSWERS))
@pytest.mark.parametrize("dedicated", [False, True])
def test_service_specific_answers(fault: Fault, *, dedicated: bool) -> None:
    site = Site(fault=fault, mechanism=Mechanism.LOWEST, dedicated=dedicated)
    assert type(refused(site)) is REFUSED_ANSWERS[fault]


@pytest.mark.parametrize("fault", [f for f in IN_GENERAL_FORMS if f is not Fault.CHANGED_SERVICE])
@pytest.mark.parametrize("form", [Form.GENERAL, Form.GENERAL_CIPHERING])
def test_answers_of_general_forms(fault: Fault, form: Form) -> None:
    if fault is Fault.WRONG_TRANSACTION and form is Form.GENERAL:
        form = Form.GENERAL_CIPHERING
    site = Site(fault=fault, mechanism=Mechanism.LOWEST, form=form)
    assert type(refused(site)) is IN_GENERAL_FORMS[fault]


@pytest.mark.parametrize("guard", [Guard(authenticated=True), Guard(encrypted=True)])
def test_answers_that_lack_the_one_protection_that_is_due(guard: Guard) -> None:
    site = Site(fault=Fault.WEAKER, mechanism=Mechanism.LOWEST, guard=guard)
    assert type(refused(site)) is SecurityPolicyError


@pytest.mark.parametrize("fault", list(REFUSED_ASSOCIATIONS))
@pytest.mark.parametrize("mechanism", [Mechanism.HLS_GMAC, Mechanism.HLS_SHA256])
def test_associations(fault: Fault, mechanism: Mechanism) -> None:
    event = Site(fault=fault, mechanism=mechanism).client().open()
    assert isinstance(event, ConnectionFailed)
    assert type(event.error) is REFUSED_ASSOCIATIONS[fault]


@pytest.mark.parametrize("ciphered", [False, True])
def test_a_meter_that_tells_no_system_title(*, ciphered: bool) -> None:
    site = Site(fault=Fault.NO_TITLE, told_title=False, ciphered=ciphered)
    event = site.client().open()
    assert isinstance(event, ConnectionFailed)
    assert type(event.error) is SystemTitleError


def test_without_a_title_configured_any_meter_with_the_keys_will_do() -> None:
    site = Site(fault=Fault.WRONG_TITLE, told_title=False, mechanism=Mechanism.LOWEST)
    assert isinstance(site.client().open(), Opened)


def test_a_proof_is_refused_within_any_protection() -> None:
    for ciphered in (False, True):
        site = Site(fault=Fault.WRONG_PROOF, ciphered=ciphered)
        assert type(error_of(site.client().open())) is MeterNotAuthenticError


def test_every_fault_is_tested() -> None:
    tested = {*IN_GENERAL_FORMS, *REFUSED_ASSOCIATIONS, Fault.NO_TITLE}
    assert set(Fault) - tested == {Fault.LOSE_TRANSFER, Fault.LOSE_TRANSFER_ANSWER}
