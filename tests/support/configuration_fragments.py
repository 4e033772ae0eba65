"""Configuration as the pages show it, completed to what can be loaded.

A page shows what it is about, and leaves out the rest. So what is missing is added: `[gateway]`;
for `[[meter.job]]` alone the meter; the bus that a meter names; a meter's bus, address and template
where it has none. Nothing that stands there is changed. A remark right above the block says what
else to add, `<!-- fragment: template our-meters -->`, or that it is a key file,
`<!-- key file -->`; the comment `# keys.toml` in its first line says so as well.
"""

import re
import tomllib
from typing import Any

from tests.support.documents import Block

_PLACEHOLDER = re.compile(r'"\.\.\."')
_KEY = "4F2A9C11D07E83B65A1E04C7F9B2386D"
_GATEWAY = {"id": "gateway-1", "system_title": "4443550000000001", "key_file": "keys.toml"}

_TEMPLATE = {
    "job": [
        {
            "kind": "registers",
            "name": "r",
            "interval": "1 h",
            "objects": [{"obis": "1.0.1.8.0.255"}],
        }
    ]
}

Table = dict[str, Any]


def is_key_file(block: Block) -> bool:
    """Tell whether the block stands in a key file, not in a configuration."""
    named = block.words[:1] == ("keys.toml",)
    return named or block.remark == "key file" or block.text.startswith("# keys.toml")


def key_file_text(block: Block) -> str:
    """Return the key file with keys where the page has dots."""
    return _PLACEHOLDER.sub(f'"{_KEY}"', block.text)


def completed(block: Block) -> Table:
    """Return the configuration that the block is a part of."""
    document: Table = tomllib.loads(block.text)
    document.setdefault("gateway", _GATEWAY)
    meters = document.get("meter", [])
    if isinstance(meters, dict):
        document["meter"] = meters = [{"id": "meter-1", **meters}]
    buses = document.setdefault("bus", [])
    for number, meter in enumerate(meters):
        meter.setdefault("bus", buses[0]["id"] if buses else "bus-1")
        meter.setdefault("template", "generic-electricity")
        if meter["bus"] not in {bus["id"] for bus in buses}:
            buses.append({"id": meter["bus"], "serial": {"device": "/dev/ttyS1"}})
        if not {"sfsk", "prime"} & meter.keys():
            meter.setdefault("server_address", {"logical": 1, "physical": 100 + number})
    for name in re.findall(r"template ([\w-]+)", block.remark):
        document.setdefault("template", {})[name] = _TEMPLATE
    return document
