from dataclasses import replace

from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.found import ClientStanding, Found, Identity, meters

AT_17 = Found(line=0, client=16, address=ServerAddress(1, 17, 2), answer="UA")


def named(station: Found, name: str) -> Found:
    return replace(station, identity=Identity(logical_device_name=name))


def test_stations_of_one_name_are_one_meter_at_its_own_shortest_address() -> None:
    general = named(replace(AT_17, address=ServerAddress(1, 127, 2)), "A")
    one_octet = named(replace(AT_17, address=ServerAddress(1, None, 1)), "A")
    long = named(replace(AT_17, address=ServerAddress(1, 17, 4)), "A")
    short = named(AT_17, "A")
    (meter,) = meters([general, one_octet, long, short])
    assert meter.best is short
    assert meter.stations[1] is long


def test_an_address_that_lets_nobody_in_is_not_the_best() -> None:
    refusing = named(replace(AT_17, answer="DM"), "A")
    long = named(replace(AT_17, address=ServerAddress(1, 17, 4)), "A")
    assert meters([refusing, long])[0].best is long


def test_stations_without_a_name_or_of_other_settings_stay_apart() -> None:
    elsewhere = replace(named(AT_17, "A"), line=1)
    stations = [named(AT_17, "A"), elsewhere, AT_17, named(AT_17, ""), named(AT_17, "B")]
    assert [each.best for each in meters(stations)] == stations


def test_the_first_client_that_gets_in_is_told() -> None:
    standings = [
        ClientStanding(client=client, standing=standing)
        for client, standing in ((16, "refused"), (1, "open"), (32, "open"))
    ]
    assert Identity(clients=tuple(standings)).open_client == 1
    assert Identity(clients=tuple(standings[:1])).open_client is None
