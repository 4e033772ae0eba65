import os
import pwd
from pathlib import Path

import pytest

from dcud.config.key_file import Access, credential, key_file, read_secret_file, user_name
from dcud.config.problem import ConfigError

ME = Access(user=os.geteuid())
STRANGER = 54321
"""A uid that nobody has."""


@pytest.fixture(name="directory")
def make_directory(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def written(directory: Path, mode: int = 0o600) -> Path:
    path = directory / "keys file.toml"
    path.write_bytes(b"octets")
    path.chmod(mode)
    return path


def refusal(path: Path, access: Access = ME) -> str:
    with pytest.raises(ConfigError) as caught:
        read_secret_file(key_file(str(path)), access)
    return str(caught.value)


def as_owned_by(monkeypatch: pytest.MonkeyPatch, owner: int, which: int) -> None:
    """Show the `which`th descriptor looked at, directory or file, as owned by `owner`."""
    real = os.fstat
    looks = 0

    def fstat(descriptor: int) -> os.stat_result:
        nonlocal looks
        looks += 1
        fields = list(real(descriptor)[:10])
        if looks == which:
            fields[4] = owner
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", fstat)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_for_its_owner_alone_is_read(directory: Path, mode: int) -> None:
    assert read_secret_file(key_file(str(written(directory, mode))), ME) == b"octets"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o700, 0o666])
def test_a_file_with_more_rights_is_refused_with_the_chmod(directory: Path, mode: int) -> None:
    path = written(directory, mode)
    assert refusal(path) == (
        f"{path}: has mode {mode:o}; others may read or change it; chmod 600 '{path}'"
    )


@pytest.mark.parametrize("closed", [0o500, 0o550, 0o700])
@pytest.mark.parametrize("mode", [0o400, 0o440])
def test_a_credential_may_be_readable_to_its_group(directory: Path, mode: int, closed: int) -> None:
    path = written(directory, mode)
    directory.chmod(closed)
    assert read_secret_file(credential(path.name, str(directory)), ME) == b"octets"


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o460])
def test_a_credential_with_other_rights_is_refused(directory: Path, mode: int) -> None:
    path = written(directory, mode)
    with pytest.raises(ConfigError, match=f"has mode {mode:o}.*chmod 400"):
        read_secret_file(credential(path.name, str(directory)), ME)


def test_a_link_is_refused_even_to_a_good_file(directory: Path) -> None:
    link = directory / "link"
    link.symlink_to(written(directory))
    assert "is a symbolic link; name the file itself" in refusal(link)


def test_a_pipe_is_refused_without_waiting_for_its_writer(directory: Path) -> None:
    path = directory / "pipe"
    os.mkfifo(path, 0o600)
    assert "is no regular file" in refusal(path)


def test_a_directory_is_refused(directory: Path) -> None:
    (directory / "keys").mkdir(0o700)
    assert "is no regular file" in refusal(directory / "keys")


def test_a_file_that_is_not_there_is_told(directory: Path) -> None:
    path = directory / "none"
    assert refusal(path) == (
        f"{path}: can't be opened: No such file or directory; "
        f"create it, as by: install -m 600 /dev/null {path}"
    )
    assert "none: can't be opened: No such file" in refusal(path / "deeper")


def test_a_file_of_another_user_is_refused_with_the_chown(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(directory)
    as_owned_by(monkeypatch, STRANGER, which=2)
    me = pwd.getpwuid(os.geteuid()).pw_name
    assert refusal(path) == (
        f"{path}: belongs to {STRANGER}, not to {me} or root; chown {me} '{path}'"
    )


def test_a_file_of_root_is_taken(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(directory)
    as_owned_by(monkeypatch, 0, which=2)
    assert read_secret_file(key_file(str(path)), ME) == b"octets"


def test_a_file_that_only_root_can_read_does_not_pass_for_the_service_user(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(directory, 0o400)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    real = os.fstat

    def owned_by_root(descriptor: int) -> os.stat_result:
        fields = list(real(descriptor)[:10])
        fields[4] = 0
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", owned_by_root)
    # A credential, since those above its directory belong to whoever runs this.
    with pytest.raises(ConfigError, match="belongs to root; 54321 can't read it; chown 54321 "):
        read_secret_file(credential(path.name, str(directory)), Access(user=STRANGER))


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_directory_where_others_may_write_is_refused(directory: Path, mode: int) -> None:
    path = written(directory)
    directory.chmod(mode)
    assert f"has mode {mode:o}; others may write to it; chmod go-w {directory}" in refusal(path)


def test_the_sticky_bit_keeps_others_from_exchanging_the_file(directory: Path) -> None:
    path = written(directory)
    directory.chmod(0o1777)
    assert read_secret_file(key_file(str(path)), ME) == b"octets"


def test_a_directory_of_another_user_is_refused(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(directory)
    as_owned_by(monkeypatch, STRANGER, which=1)
    assert f"holds a key file and belongs to {STRANGER}, not to" in refusal(path)


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_directory_above_where_others_may_write_is_refused(directory: Path, mode: int) -> None:
    """They could put a whole directory of their own in the place of ours."""
    (directory / "etc" / "dcud").mkdir(parents=True)
    path = written(directory / "etc" / "dcud")
    assert read_secret_file(key_file(str(path)), ME) == b"octets"
    directory.chmod(mode)
    told = (
        f"{directory}: holds a key file and has mode {mode:o}; others may write to it; chmod go-w"
    )
    assert told in refusal(path)
    directory.chmod(0o1777)
    assert read_secret_file(key_file(str(path)), ME) == b"octets"


def test_directories_above_are_those_that_a_link_leads_to(directory: Path) -> None:
    for name in ("closed", "open"):
        (directory / name / "keys").mkdir(0o700, parents=True)
    (directory / "open").chmod(0o777)
    path = written(directory / "open" / "keys")
    (directory / "closed" / "link").symlink_to(path.parent)
    told = refusal(directory / "closed" / "link" / path.name)
    assert f"{directory}/open: holds a key file and has mode 777" in told


def test_the_directory_above_a_credential_is_systemds(directory: Path) -> None:
    (directory / "credentials").mkdir(0o700)
    path = written(directory / "credentials", 0o400)
    directory.chmod(0o777)
    assert read_secret_file(credential(path.name, str(path.parent)), ME) == b"octets"


def test_a_directory_above_that_cannot_be_looked_at_is_told(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(directory)
    real = os.open

    def refuse(name: str, flags: int, *, dir_fd: int | None = None) -> int:
        if name == "..":
            raise PermissionError(13, "Permission denied")
        return real(name, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)
    assert f"{directory}: can't be opened: Permission denied" in refusal(path)


def test_without_proc_a_directory_above_goes_by_its_written_name(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "dcud").mkdir(0o700)
    path = written(directory / "dcud")
    directory.chmod(0o777)

    def refuse(_path: Path) -> Path:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "readlink", refuse)
    assert f"{directory}: holds a key file and has mode 777" in refusal(path)


def test_a_file_exchanged_after_it_was_opened_is_not_what_is_read(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(directory)
    real = os.fstat

    def exchange(descriptor: int) -> os.stat_result:
        result = real(descriptor)
        if path.exists() and not path.is_symlink():
            path.rename(directory / "old")
            path.symlink_to("/etc/hostname")
        return result

    opened: list[str] = []
    real_open = os.open

    def watched_open(name: str, flags: int, *, dir_fd: int | None = None) -> int:
        opened.append(str(name))
        return real_open(name, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", watched_open)
    monkeypatch.setattr(os, "fstat", exchange)
    assert "is a symbolic link" in refusal(path)
    assert [name for name in opened if name != ".."] == [str(directory), path.name]


def test_a_file_without_end_is_refused(directory: Path) -> None:
    path = written(directory)
    os.truncate(path, (1 << 20) + 1)
    assert "is larger than 1 MiB" in refusal(path)


def test_no_descriptor_is_left_open(directory: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    read_secret_file(key_file(str(written(directory))), ME)
    refusal(written(directory, 0o644))
    refusal(directory / "none")
    (directory / "inner").mkdir()
    refusal(directory / "inner")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_this_process_knows_its_user_and_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert Access.of_this_process() == Access(user=os.geteuid(), credentials=None)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/dcud.service")
    assert Access.of_this_process().credentials == "/run/credentials/dcud.service"


def test_a_user_without_a_name_goes_by_the_number() -> None:
    assert user_name(0) == "root"
    assert user_name(STRANGER) == str(STRANGER)
