from dcud.observe.figures import (
    BrokerFigures,
    BusFigures,
    Figures,
    MeterFigures,
    OutboxFigures,
)
from dcud.observe.summary import summary


def test_one_of_each() -> None:
    figures = Figures(version="1")
    figures.buses["b"] = BusFigures(up=True, meters={"m": MeterFigures(up=True)})
    figures.brokers["mqtt"] = BrokerFigures(connected=True)
    assert summary(figures) == "1 of 1 bus open; 1 of 1 meter up"


def test_what_is_not_well() -> None:
    figures = Figures(version="1")
    figures.buses["a"] = BusFigures(meters={"m": MeterFigures(), "n": MeterFigures(up=True)})
    figures.buses["b"] = BusFigures(up=True)
    figures.brokers |= {"mqtt": BrokerFigures(), "cloud": BrokerFigures()}
    figures.outbox = lambda: OutboxFigures(messages=1, octets=9, limit=9, oldest_age=0.0)
    assert summary(figures) == (
        "1 of 2 buses open; 1 of 2 meters up; 1 message waiting; not connected: cloud, mqtt"
    )
