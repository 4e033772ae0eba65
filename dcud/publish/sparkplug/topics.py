"""The topics of one Sparkplug edge node.

[Sparkplug 3.0: Topics and Messages]
"""

from dataclasses import dataclass
from typing import Final

from dcud.publish.topics import topic_level

_NAMESPACE: Final = "spBv1.0"

_STATE: Final = "STATE"


@dataclass(frozen=True, slots=True)
class SparkplugTopics:
    """Where an edge node and its devices speak and listen.

    Names are made levels of a topic as dcud's own topics have them.

    Attributes:
        group: the group's id; anything but "STATE", which is where hosts speak.
        edge_node: the edge node's id.

    Raises:
        ValueError: the group is "STATE".
    """

    group: str
    edge_node: str

    def __post_init__(self) -> None:
        """Refuse the one name that means something else."""
        if self.group == _STATE:
            raise ValueError(f"a Sparkplug group may not be called {_STATE}")

    def node(self, verb: str) -> str:
        """Return the topic of a message of, or to, the edge node, as "NBIRTH"."""
        group, edge_node = topic_level(self.group), topic_level(self.edge_node)
        return f"{_NAMESPACE}/{group}/{verb}/{edge_node}"

    def device(self, verb: str, device: str) -> str:
        """Return the topic of a message of a device, as "DBIRTH"."""
        return f"{self.node(verb)}/{topic_level(device)}"

    @staticmethod
    def host(host: str) -> str:
        """Return where a host application tells whether it is online; retained."""
        return f"{_NAMESPACE}/{_STATE}/{topic_level(host)}"
