from dcud.dlms.hdlc.habits import Habits
from dcud.dlms.hdlc.negotiation import LinkSizes, SizeForm
from dcud.dlms.hdlc.proposal import BARE, proposals

LADDER = proposals(LinkSizes(max_info_transmit=512, max_info_receive=512), SizeForm.AUTO)
TWO, ONE, _ = LADDER


def clears(habits: Habits) -> bool:
    return habits.disc_first


def resends(habits: Habits) -> bool:
    return habits.resend_first


def test_nothing_is_known_at_first() -> None:
    habits = Habits()
    assert habits.first_rung(LADDER) == 0
    assert not clears(habits)
    assert not resends(habits)
    assert not habits.line_echoes


def test_what_was_refused_is_not_tried_again() -> None:
    habits = Habits()
    habits.link_set_up(ONE, refused=True, cleared=False)
    assert habits.first_rung(LADDER) == 1
    habits.link_set_up(ONE, refused=False, cleared=False)
    assert habits.first_rung(LADDER) == 1


def test_one_bad_day_teaches_nothing() -> None:
    habits = Habits()
    habits.link_set_up(BARE, refused=False, cleared=False)
    assert habits.first_rung(LADDER) == 0
    habits.link_set_up(TWO, refused=False, cleared=False)
    habits.link_set_up(BARE, refused=False, cleared=False)
    assert habits.first_rung(LADDER) == 0


def test_what_helps_twice_in_a_row_is_remembered() -> None:
    habits = Habits()
    for _ in range(2):
        habits.link_set_up(BARE, refused=False, cleared=False)
    assert habits.first_rung(LADDER) == 2


def test_what_helps_no_more_is_forgotten() -> None:
    habits = Habits()
    habits.link_set_up(ONE, refused=True, cleared=False)
    habits.link_not_set_up(cleared=False)
    assert habits.first_rung(LADDER) == 0


def test_a_proposal_that_is_no_longer_made_is_not_looked_for() -> None:
    habits = Habits()
    habits.link_set_up(ONE, refused=True, cleared=False)
    assert habits.first_rung([BARE]) == 0


def test_disc_is_tried_every_other_time_while_a_meter_is_silent() -> None:
    habits = Habits()
    tried = []
    for _ in range(4):
        tried.append(habits.disc_first)
        habits.link_not_set_up(cleared=habits.disc_first)
    assert tried == [False, True, False, True]


def test_disc_is_remembered_once_it_helped_twice() -> None:
    habits = Habits()
    habits.link_not_set_up(cleared=False)
    habits.link_set_up(TWO, refused=False, cleared=True)
    assert not clears(habits)  # the meter may have had no power the first time
    habits.link_not_set_up(cleared=False)
    habits.link_set_up(TWO, refused=False, cleared=True)
    assert clears(habits)
    habits.link_not_set_up(cleared=True)
    assert not clears(habits)


def test_disc_that_was_not_needed_is_not_suspected() -> None:
    habits = Habits()
    for _ in range(3):
        habits.link_not_set_up(cleared=False)
        habits.link_set_up(TWO, refused=False, cleared=True)
        habits.link_set_up(TWO, refused=False, cleared=False)
    assert not clears(habits)


def test_resending_is_preferred_where_asking_is_in_vain() -> None:
    habits = Habits()
    habits.recovered(by_resending=True, after_asking=True)
    assert not resends(habits)
    habits.recovered(by_resending=True, after_asking=False)
    habits.recovered(by_resending=True, after_asking=True)
    assert resends(habits)
    habits.recovered(by_resending=False, after_asking=True)
    assert not resends(habits)
