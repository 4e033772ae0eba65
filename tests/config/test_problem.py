from dcud.config.problem import ConfigError, Problem


def problem(**changes: object) -> Problem:
    fields: dict[str, object] = {"file": "f.toml", "line": 3, "key": "a.b", "message": "is wrong"}
    return Problem(**(fields | changes))  # type: ignore[arg-type]  # as the tests give them


def test_a_problem_is_one_line() -> None:
    assert str(problem(remedy="right it")) == "f.toml:3: a.b: is wrong; right it"
    assert str(problem(line=0, key="")) == "f.toml: is wrong"


def test_an_error_holds_each_problem_once_and_in_order() -> None:
    first, second, third = problem(line=2), problem(line=10), problem(file="z.toml", line=1)
    error = ConfigError([third, second, first, second])
    assert error.problems == (first, second, third)
    assert str(error).splitlines() == [str(first), str(second), str(third)]
    assert error.code == "config"
