import pytest

from dcud.publish import paho_client


@pytest.fixture(params=["release 2", "release 1.6"])
def paho_release(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the client call back as either release does: 2 still knows the ways of 1.6."""
    release: str = request.param
    if release == "release 1.6":
        monkeypatch.setattr(paho_client, "CallbackAPIVersion", None)
    return release
