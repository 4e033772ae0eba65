"""The access rules of docs/security-guide.md, tried with a real Mosquitto."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.support.documents import DOCS, blocks
from tests.support.mosquitto import Mosquitto
from tests.support.subscriber import Subscriber

pytestmark = pytest.mark.e2e

[RULES] = [b for b in blocks(DOCS / "security-guide.md") if b.words == ("mosquitto.acl",)]
USERS = {name: name * 2 for name in ("gateway-1", "gateway-2", "billing", "head-end", "test")}
READING = "dcud/v1/gateway-1/meter/house-1/reading/registers"
COMMAND = "dcud/v1/gateway-1/command"
STATE = "dcud/v1/gateway-1/state"
ANSWER = "head-end/answers"

MAY_WRITE: dict[str, set[str]] = {
    "gateway-1": {READING, STATE, ANSWER, COMMAND},
    "gateway-2": set(),
    "billing": set(),
    "head-end": {COMMAND},
}
MAY_READ: dict[str, set[str]] = {
    "gateway-1": {COMMAND},
    "gateway-2": set(),
    "billing": {READING},
    "head-end": {READING, STATE, COMMAND, ANSWER},
}


ALL = (READING, COMMAND, STATE, ANSWER)
END = "end"
"""What comes under it comes last; everybody may hear it."""


def publish(port: int, user: str, *topics: str) -> None:
    for topic in topics:
        arguments = ["-p", str(port), "-u", user, "-P", USERS[user], "-t", topic, "-m", user]
        subprocess.run(["mosquitto_pub", "-q", "1", *arguments], check=True, capture_output=True)


@pytest.fixture(name="port", scope="module")
def make_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    directory = tmp_path_factory.mktemp("broker")
    rules = directory / "mosquitto.acl"
    rules.write_text(f"{RULES.text}\nuser test\ntopic #\n\npattern read {END}\n")
    with Mosquitto(directory, users=USERS, options=(f"acl_file {rules}",)) as broker:
        yield broker.port


@pytest.mark.parametrize("user", MAY_WRITE)
def test_a_client_may_publish_what_the_page_says_alone(user: str, port: int) -> None:
    with Subscriber(port, "#", user=("test", USERS["test"])) as everybody:
        publish(port, user, *ALL)
        publish(port, "test", END)
        everybody.wait_for_topic(END)
        assert {each.topic for each in everybody.heard} - {END} == MAY_WRITE[user]


@pytest.mark.parametrize("user", MAY_READ)
def test_a_client_may_hear_what_the_page_says_alone(user: str, port: int) -> None:
    with Subscriber(port, "#", user=(user, USERS[user])) as subscriber:
        publish(port, "test", *ALL, END)
        subscriber.wait_for_topic(END)
        assert {each.topic for each in subscriber.heard} - {END} == MAY_READ[user]
