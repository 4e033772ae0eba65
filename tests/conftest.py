import asyncio


def pytest_sessionstart() -> None:
    """Leave no event loop for pytest-asyncio to make by itself, which it would never close."""
    asyncio.set_event_loop(None)
