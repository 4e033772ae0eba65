from dcud.dlms.hdlc.habits import Habits
from dcud.dlms.hdlc.negotiation import SizeForm
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.hdlc.proposal import BARE, proposals
from dcud.dlms.hdlc.set_up import Move, SetUp

PARAMETERS = HdlcParameters(max_info_transmit=512, max_info_receive=512, connect_retries=2)
TWO, ONE, _ = proposals(PARAMETERS.sizes, SizeForm.AUTO)
DISC_FIRST = HdlcParameters(propose=False, disc_first=True)


def refuse_all(tries: SetUp) -> list[Move]:
    moves = [tries.refused()]
    while moves[-1] is not Move.GIVE_UP:
        moves.append(tries.refused())
    return moves


def test_silence_is_met_by_other_forms_at_last() -> None:
    tries = SetUp(PARAMETERS, Habits())
    assert not tries.begin()
    told = [tries.proposal]
    while tries.unanswered():
        told.append(tries.proposal)
    assert told == [TWO, ONE, BARE]
    assert tries.attempts == 3


def test_a_refusal_is_met_by_other_forms_at_once_then_by_disc() -> None:
    tries = SetUp(PARAMETERS, Habits())
    told = []
    for move in [Move.SNRM, Move.SNRM, Move.DISC, *[Move.SNRM] * 3, Move.GIVE_UP]:
        assert tries.refused() is move
        told.append(tries.proposal)
    assert told == [ONE, BARE, TWO, TWO, ONE, BARE, BARE]


def test_disc_that_goes_first_anyway_does_not_go_again() -> None:
    tries = SetUp(DISC_FIRST, Habits())
    assert tries.begin()
    assert refuse_all(tries) == [Move.SNRM, Move.GIVE_UP]


def test_no_sizes_where_none_are_to_be_told() -> None:
    assert SetUp(HdlcParameters(propose=False), Habits()).proposal is BARE


def test_what_was_taken_is_remembered() -> None:
    habits = Habits()
    tries = SetUp(PARAMETERS, habits)
    tries.refused()
    assert tries.accepted() == ONE
    tries = SetUp(PARAMETERS, habits)
    assert tries.proposal == ONE
    tries.unanswered()
    assert tries.proposal == ONE
    tries.unanswered()
    assert tries.proposal is BARE


def test_sizes_refused_before_disc_are_not_held_against_the_meter() -> None:
    habits = Habits()
    tries = SetUp(PARAMETERS, habits)
    while tries.refused() is not Move.DISC:
        pass
    assert tries.accepted() == TWO
    assert habits.first_rung([BARE, TWO]) == 0


def test_disc_is_tried_after_a_time_in_vain() -> None:
    habits = Habits()
    tries = SetUp(PARAMETERS, habits)
    for cleared in (False, True, False):
        assert tries.begin() is cleared
        while tries.unanswered():
            pass


def test_disc_that_goes_first_anyway_teaches_nothing() -> None:
    habits = Habits()
    tries = SetUp(DISC_FIRST, habits)
    while tries.unanswered():
        pass
    tries.begin()
    tries.accepted()
    assert not habits.disc_first
