import pytest

from dcud.publish.sparkplug.topics import SparkplugTopics

_TOPICS = SparkplugTopics("Plant 1", "gw/7")


def test_nodes_devices_and_hosts_speak_where_the_standard_says() -> None:
    assert _TOPICS.node("NBIRTH") == "spBv1.0/Plant 1/NBIRTH/gw%2F7"
    assert _TOPICS.device("DDATA", "house+7") == "spBv1.0/Plant 1/DDATA/gw%2F7/house%2B7"
    assert _TOPICS.host("scada") == "spBv1.0/STATE/scada"


def test_no_group_stands_where_hosts_speak() -> None:
    with pytest.raises(ValueError, match="may not be called STATE"):
        SparkplugTopics("STATE", "gw")
