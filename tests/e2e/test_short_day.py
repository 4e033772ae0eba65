"""Two hours of the day that `make day` simulates: a bus, a broker that goes, a SIGKILL."""

from pathlib import Path

from tests.support.virtual_day import Day, Stretch
from tests.support.virtual_day_account import Account
from tests.support.virtual_day_run import DayRun

DAY = Day(
    buses=1,
    meters=5,
    hours=2,
    seed=1,
    away=Stretch(2000, 3600),
    kills=(3000.0,),
)


def test_every_interval_arrives_of_two_hours_with_all_that_goes_wrong(tmp_path: Path) -> None:
    account = Account(DAY, DayRun(tmp_path, DAY).run())
    account.settle()
    assert not account.faults, "\n".join((*account.faults, account.report(), account.lived.log))
    assert len(account.lived.kills) == 1
    assert account.entries >= 5 * 12
    assert account.doubles <= 40
