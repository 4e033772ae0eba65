import pytest

from dcud.dlms.errors import TransactionError
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.transaction import Transaction

REQUEST = GeneralHeader(
    transaction_id=b"12345678",
    originator_system_title=b"CLI00001",
    recipient_system_title=b"MTR00001",
)
ANSWER = GeneralHeader(
    transaction_id=b"12345678",
    originator_system_title=b"MTR00001",
    recipient_system_title=b"CLI00001",
)


def test_the_answer_is_awaited_while_the_transaction_is_open() -> None:
    transaction = Transaction()
    assert not transaction.awaits(ANSWER)
    transaction.open(REQUEST)
    assert transaction.awaits(ANSWER)
    transaction.check(ANSWER)
    transaction.close()
    with pytest.raises(TransactionError):
        transaction.check(ANSWER)


def test_our_own_request_is_no_answer() -> None:
    transaction = Transaction()
    transaction.open(REQUEST)
    with pytest.raises(TransactionError, match="another transaction"):
        transaction.check(REQUEST)


def test_a_new_request_ends_the_old_transaction() -> None:
    transaction = Transaction()
    transaction.open(REQUEST)
    transaction.open(GeneralHeader(transaction_id=b"87654321"))
    assert not transaction.awaits(ANSWER)
