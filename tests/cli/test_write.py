import json
from collections.abc import Callable

import pytest

from dcud.cli.main import main

Write = Callable[..., tuple[int, str, str]]
LABEL = "1/0.0.96.1.9.255/value"


@pytest.fixture(name="write")
def make_write(capsys: pytest.CaptureFixture[str]) -> Write:
    """Give a function that runs `dcud write` and returns exit code, output, errors."""

    def write(*arguments: str) -> tuple[int, str, str]:
        code = main(["write", "--serial", "line", "--server", "1/17", *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return write


@pytest.mark.usefixtures("bus")
def test_a_value_is_written_and_read_again(write: Write) -> None:
    code, output, errors = write("--format", "json", LABEL, 'octet-string "cellar"')
    assert (code, errors) == (0, "")
    assert json.loads(output) == {
        "class_id": 1,
        "obis": "0.0.96.1.9.255",
        "attribute": 2,
        "attribute_name": "value",
        "before": 'octet-string ""',
        "after": "octet-string 63656c6c6172",
        "result": "success",
    }


@pytest.mark.usefixtures("bus")
def test_a_bare_value_takes_the_type_that_is_there(write: Write) -> None:
    write(LABEL, 'octet-string "cellar"')
    code, output, _ = write("--format", "csv", LABEL, "attic")
    assert code == 0
    assert output.splitlines()[1].endswith(b"attic".hex() + ",success")


@pytest.mark.usefixtures("bus")
def test_the_class_is_found_by_trying(write: Write) -> None:
    code, output, errors = write("--format", "json", "1.0.1.8.0.255", "5")
    assert code == 77
    assert json.loads(output)["result"] == "read-write-denied"
    assert errors.startswith("read-write-denied: ")


@pytest.mark.usefixtures("bus")
def test_an_object_that_is_not_there(write: Write) -> None:
    code, output, errors = write("--format", "json", "1/9.9.9.9.9.9/value", "unsigned 5")
    assert code == 77
    told = json.loads(output)
    assert (told["before"], told["after"], told["result"]) == (None, None, "object-undefined")
    assert "object list" in errors


@pytest.mark.usefixtures("bus")
def test_what_can_not_be_read_wants_its_type(write: Write) -> None:
    code, _, errors = write("8/0.0.1.0.0.255/time_zone", "5")
    assert code == 64
    assert "of which type '5' is can not be told" in errors


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        (LABEL, "unsigned x", "'x' is no value of unsigned"),
        ("70/0.0.96.3.10.255/remote_disconnect", "integer 0", "is a method"),
        ("15/0.0.40.0.0.255/secret", "octet-string 00", "a secret is nothing for a command line"),
        ("15/0.0.40.0.0.255/7", "octet-string 00", "a secret is nothing for a command line"),
        ("nonsense", "5", "'nonsense' names no object"),
    ],
)
@pytest.mark.usefixtures("bus")
def test_what_can_not_be_meant(write: Write, attribute: str, value: str, said: str) -> None:
    code, output, errors = write(attribute, value)
    assert (code, output) == (64, "")
    assert said in errors
