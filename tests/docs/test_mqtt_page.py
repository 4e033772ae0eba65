"""docs/mqtt.md names the topics that there are, with the reasons for which pushes are refused."""

import re

from dcud.publish.topics import Topics
from tests.support.documents import DOCS, ROOT

TEXT = (DOCS / "mqtt.md").read_text(encoding="utf-8")


def test_the_topics_are_those_of_the_code() -> None:
    topics = Topics(gateway="<gateway>")
    made = {
        topics.gateway_state(),
        topics.gateway_event(),
        topics.meter_state("<meter>"),
        topics.meter_event("<meter>"),
        topics.notification("<meter>"),
        topics.reading("<meter>", "<job>"),
        topics.command(),
        topics.reply("<id>"),
    }
    shown = re.findall(r"^(dcud/v1/\S+) ", TEXT.partition("\n## A reading")[0], re.MULTILINE)
    assert set(shown) == made


def test_every_reason_for_which_a_push_is_refused_is_told() -> None:
    section = TEXT.partition("**What is refused**")[2].partition("\n\n**")[0]
    told = {
        reason
        for row in re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
        for reason in re.findall(r"`(\w+)`", row)
    }
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "dcud").rglob("*.py")]
    raised = {
        reason
        for source in sources
        for reason in re.findall(r'PushRefusedError\(\s*"(\w+)"', source)
    }
    assert raised <= told
    assert told - raised == {"version"}  # which the wrapper's own reader says
