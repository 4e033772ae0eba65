"""How the daemon does, in one line."""

from dcud.observe.figures import Figures


def summary(figures: Figures) -> str:
    """Return how many buses and meters are well, and what waits, in words."""
    buses = figures.buses.values()
    meters = [meter for bus in buses for meter in bus.meters.values()]
    parts = [
        f"{sum(bus.up for bus in buses)} of {_counted(len(buses), 'bus', 'buses')} open",
        f"{sum(meter.up for meter in meters)} of {_counted(len(meters), 'meter', 'meters')} up",
    ]
    if figures.outbox is not None:
        parts.append(f"{_counted(figures.outbox().messages, 'message', 'messages')} waiting")
    away = [name for name, broker in figures.brokers.items() if not broker.connected]
    if away:
        parts.append(f"not connected: {', '.join(sorted(away))}")
    return "; ".join(parts)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
