import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from dcud.assembly.upkeep import FIRST_LOOK, LOOK_EVERY, Upkeep
from dcud.config import model
from dcud.config.load import load
from dcud.publish.certificate_expiry import first_expiry
from tests.support.certificates import Authority


class Seen:
    """What was found."""

    def __init__(self) -> None:
        self.problems: list[int] = []
        self.ends: Mapping[tuple[str, str], float] = {}

    def key_files_checked(self, problems: int) -> None:
        self.problems.append(problems)

    def certificates_checked(self, ends: Mapping[tuple[str, str], float]) -> None:
        self.ends = ends


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    path.touch(0o600)
    path.write_text('[default]\nlls_password = "12345678"\n')
    return path


def configuration(directory: Path, key_file: Path, mqtt: str = "") -> model.Configuration:
    path = directory / "dcud.toml"
    path.write_text(
        f'[gateway]\nid = "gw"\nkey_file = "{key_file}"\n{mqtt}\n'
        '[[bus]]\nid = "b"\nturnaround = "0 s"\ntcp = { host = "127.0.0.1", port = 9 }\n'
        '[[meter]]\nid = "m"\nbus = "b"\ntemplate = "generic-electricity"\n'
        'server_address = { logical = 1 }\nauthentication = "lls"\nclient_sap = 32\n'
    )
    return load(path)


async def test_a_key_file_that_others_may_read_is_told_once_until_it_is_mended(
    tmp_path: Path, key_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen, configured = Seen(), configuration(tmp_path, key_file)
    upkeep = Upkeep(lambda: configured, seen)
    await upkeep.look()
    key_file.chmod(0o644)  # noqa: ASYNC240  # a moment
    with caplog.at_level(logging.WARNING):
        await upkeep.look()
        await upkeep.look()
    assert len(caplog.records) == 1
    assert "chmod 600" in caplog.text
    assert "12345678" not in caplog.text
    key_file.chmod(0o600)  # noqa: ASYNC240  # likewise
    await upkeep.look()
    assert seen.problems == [0, 1, 1, 0]


async def test_certificates_are_shown_until_when_they_hold(
    tmp_path: Path, key_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority(tmp_path)
    client = authority.issue("client")
    client.private_key_file.chmod(0o600)
    mqtt = (
        f'[mqtt]\nhost = "192.0.2.1"\nca_file = "{authority.ca_file}"\n'
        f'certificate_file = "{client.certificate_file}"\n'
        f'private_key_file = "{client.private_key_file}"\n'
    )
    seen, configured = Seen(), configuration(tmp_path, key_file, mqtt)
    upkeep = Upkeep(lambda: configured, seen)
    await upkeep.look()
    assert seen.ends == {
        ("mqtt", "client"): first_expiry(client.certificate_file),
        ("mqtt", "authority"): first_expiry(authority.ca_file),
    }
    authority.ca_file.unlink()
    with caplog.at_level(logging.WARNING):
        await upkeep.look()
    assert list(seen.ends) == [("mqtt", "client")]
    assert "ca.pem" in caplog.text


async def test_meters_certificates_count_too(tmp_path: Path, key_file: Path) -> None:
    held = tmp_path / "held"
    held.mkdir()
    path = Authority(held).ca_file
    seen, configured = Seen(), configuration(tmp_path, key_file, "")
    object.__setattr__(configured.gateway, "certificates", str(held))
    await Upkeep(lambda: configured, seen).look()
    assert seen.ends == {("meters", "any"): first_expiry(path)}
    (held / "bad.pem").write_text("nothing")
    await Upkeep(lambda: configured, seen).look()
    assert ("meters", "any") not in seen.ends


@pytest.mark.looptime
async def test_it_looks_every_hour_and_when_it_is_told(tmp_path: Path, key_file: Path) -> None:
    seen, configured = Seen(), configuration(tmp_path, key_file)
    upkeep = Upkeep(lambda: configured, seen)
    clock = asyncio.get_running_loop().time
    async with asyncio.TaskGroup() as group:
        began = clock()
        task = group.create_task(upkeep.run())
        while len(seen.problems) < 2:  # noqa: ASYNC110  # it tells no event
            await asyncio.sleep(1)
        assert FIRST_LOOK + LOOK_EVERY <= clock() - began < FIRST_LOOK + LOOK_EVERY + 60
        upkeep.look_soon()
        while len(seen.problems) < 3:  # noqa: ASYNC110  # likewise
            await asyncio.sleep(1)
        assert clock() - began < FIRST_LOOK + LOOK_EVERY + 120
        task.cancel()
