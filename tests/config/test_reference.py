import re
from pathlib import Path

import pytest

from dcud.config import model, reference
from dcud.config.load import load
from dcud.config.schema import MAIN_KEYS

TABLES = [
    table
    for table in vars(model).values()
    if getattr(table, "__module__", "") == model.__name__
    and hasattr(table, "__dataclass_fields__")
    and table is not model.Configuration
]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", list(reference.DOCUMENTS))
def test_the_documents_are_what_the_model_says(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == reference.DOCUMENTS[name](), "run python -m dcud.config.reference"


def test_the_documents_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    reference.main([str(tmp_path)])
    for name, render in reference.DOCUMENTS.items():
        assert (tmp_path / name).read_text(encoding="utf-8") == render()


def test_the_reference_file_is_a_configuration_as_it_stands() -> None:
    assert load(ROOT / "etc" / "dcud.toml") == model.Configuration(
        gateway=model.Gateway(id="gateway-1"), mqtt=model.Mqtt(client_id="dcud-gateway-1")
    )


def test_the_reference_file_is_one_with_every_line_uncommented(tmp_path: Path) -> None:
    path = tmp_path / "dcud.toml"
    path.write_text(re.sub(r"(?m)^#(?! )", "", reference.example()), encoding="utf-8")
    configuration = load(path)
    assert [bus.id for bus in configuration.buses] == ["rs485", "tcp", "rfc2217", "udp"]
    assert configuration.buses[0].serial is not None
    assert configuration.buses[0].serial.rs485 == model.Rs485()
    (meter,) = configuration.meters
    assert meter.hdlc == model.Hdlc()
    assert meter.breaker == model.Breaker()
    assert {type(job) for job in meter.job} == set(model.JOB_KINDS.values())


def test_every_key_is_told_in_both() -> None:
    markdown, example = reference.markdown(), reference.example()
    assert len(TABLES) > 15
    for table in TABLES:
        for name in table.__dataclass_fields__:
            assert f"| `{name}` |" in markdown
            nested = rf"\[(\w+\.)*{name}\]"
            assert re.search(rf"(?m)^#? ?({name} = |\[?{nested}\]?$)", example), name
    assert all(f"`{name}`" in markdown for name in MAIN_KEYS)
