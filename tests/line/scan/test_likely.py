from dcud.line.scan import likely


def test_addresses_follow_from_the_number_on_the_plate() -> None:
    assert likely.physicals_of([12345678]) == [
        *(78, 1078, 94),  # the last two digits, plus 1000, plus 16
        *(678, 1678, 694),
        *(5678, 6678, 5694),
    ]


def test_each_address_comes_once_and_none_is_reserved() -> None:
    assert likely.physicals_of([5, 100, 5]) == [5, 1005, 21, 1000, 16, 100, 1100, 116]


def test_the_usual_ranges_hold_nothing_twice() -> None:
    physicals = (*likely.PHYSICALS, *likely.MORE_PHYSICALS)
    assert len(set(physicals)) == len(physicals) == 10_999
    clients = (*likely.CLIENTS, *likely.MORE_CLIENTS)
    assert len(set(clients)) == len(clients)
    assert likely.SETTINGS[0].baud == 9600
    assert likely.CLIENTS[0] == 16
