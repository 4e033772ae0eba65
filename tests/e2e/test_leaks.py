"""Nothing that dcud shows tells anything of a key or a password."""

import re
import secrets
import string
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dcud.cli.main import main
from dcud.config.key_entries import parse_keys
from dcud.dlms.apdu.initiate import InitiateRequest
from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher
from tests.support.daemon import Daemon
from tests.support.frame_lines import FrameLine
from tests.support.leaks import TEXT_WINDOW, WINDOW, Leaks
from tests.support.meter_certificates import AGREEMENT, SIGNING, Issuer, pem_of
from tests.support.mosquitto import Mosquitto
from tests.support.secured_site import (
    CLIENT,
    Site,
    Table,
    secured_site,
    security,
    uses_of_global_key,
    wrapped_apdus,
    write_key_file,
)
from tests.support.subscriber import Subscriber
from tests.support.toml_text import TomlValue

pytestmark = pytest.mark.e2e

PROJECT = Path(__file__).parents[2]
METER_TITLE = "53494D0000000001"
LETTERS = string.ascii_letters + string.digits + "!$%&()*+<=>?@^~"
WIDE = ec.SECP384R1()
GMAC = ("--authentication", "hls-gmac")
GENERAL = "general-ciphering"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Meters of one kind: how they are served, and how they are configured.

    Attributes:
        names: of the entries of the key file that they need.
        options: of the simulation.
        suite: None where nothing is ciphered.
    """

    names: tuple[str, ...]
    options: tuple[str, ...]
    suite: int | None = 0
    meter: Table = field(default_factory=dict)


SYMMETRIC = ("unicast_key", "authentication_key", "broadcast_key", "master_key")
KINDS = {
    "password": Kind(
        names=("lls_password", *SYMMETRIC),
        options=("--authentication", "lls"),
        meter={"authentication": "lls"},
    ),
    "plain": Kind(
        names=("lls_password",),
        options=("--authentication", "lls"),
        suite=None,
        meter={"authentication": "lls", "security": {"requests": "none"}},
    ),
    "function": Kind(
        names=("hls_secret",),
        options=("--authentication", "hls"),
        suite=None,
        meter={"authentication": "hls", "security": {"requests": "none"}},
    ),
    "digest": Kind(
        names=("hls_secret", *SYMMETRIC),
        options=("--authentication", "hls-sha1", "--policy", "authenticated"),
        meter={
            "authentication": "hls-sha1",
            "security": security(requests="authenticated", dedicated_key=True),
        },
    ),
    "wrapped": Kind(
        names=SYMMETRIC,
        options=GMAC,
        meter={"security": security(form=GENERAL, key_info="wrapped")},
    ),
    "agreed": Kind(
        names=("signing_key", "agreement_key", *SYMMETRIC),
        options=("--authentication", "hls-ecdsa"),
        suite=2,
        meter={
            "authentication": "hls-ecdsa",
            "security": security(
                suite=2,
                form=GENERAL,
                key_info="one-pass",
                sign_requests=True,
                server_system_title=METER_TITLE,
            ),
        },
    ),
}


class Planted:
    """Every secret that this test has put anywhere, by what it is."""

    def __init__(self) -> None:
        self.octets: dict[str, bytes] = {}

    def entries(self, owner: str, kind: Kind) -> dict[str, TomlValue]:
        """Return fresh entries of a key file for one meter."""
        return {name: self._entry(f"{owner}.{name}", name, kind) for name in kind.names}

    def password(self, name: str) -> str:
        """Return a fresh text that looks like nothing else."""
        text = "".join(secrets.choice(LETTERS) for _ in range(24))
        self.octets[name] = text.encode()
        return text

    def pem(self, name: str, pem: str) -> str:
        """Know a private key; returns its text."""
        key = load_pem_private_key(pem.encode(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self.octets[name] = key.private_numbers().private_value.to_bytes(48, "big")
        return pem

    def _entry(self, owner: str, name: str, kind: Kind) -> str:
        if name == "lls_password":
            return self.password(owner)
        if name in {"signing_key", "agreement_key"}:
            return self.pem(owner, pem_of(ec.generate_private_key(WIDE)).decode())
        octets = secrets.token_bytes(32 if kind.suite == 2 else 16)
        self.octets[owner] = octets
        return f"hex:{octets.hex()}"


class World:
    """Meters of all kinds, and the daemon's view of them.

    Attributes:
        sites: by kind.
        keys: entries of the meters' key files by meter.
    """

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self.planted = Planted()
        self.keys: dict[str, dict[str, TomlValue]] = {}
        self.sites: dict[str, Site] = {}
        for name, kind in KINDS.items():
            self.keys[name] = self.planted.entries(name, kind)
            self.keys[f"{name}-wrong"] = self.planted.entries(f"{name}-wrong", kind)
            served = {"meter": {"simulated": self._served(name)}, "gateway": self._clients(name)}
            site = secured_site(
                "wrapper",
                write_key_file(directory / f"{name}.toml", served),
                *kind.options,
                meters=2,
                suite=kind.suite,
            )
            self.sites[name] = stack.enter_context(site)

    def _served(self, name: str) -> Mapping[str, TomlValue]:
        """Return what the meter's own key file holds."""
        if name != "agreed":
            return self.keys[name]
        begin = datetime.now(UTC) - timedelta(days=1)  # noqa: TID251  # the daemon's clock is the real one
        validity: dict[str, Any] = {"begin": begin, "end": begin + timedelta(days=9)}
        root = Issuer.root(curve=WIDE, **validity)
        certificates = self.directory / "certificates"
        certificates.mkdir(0o700)
        (certificates / "root.der").write_bytes(root.der)
        served = dict(self.keys[name])
        for entry, usage in (("signing_key", SIGNING), ("agreement_key", AGREEMENT)):
            meter = root.meter(METER_TITLE, curve=WIDE, usage=usage, **validity)
            (certificates / f"{entry}.der").write_bytes(meter.der)
            assert isinstance(meter.key, ec.EllipticCurvePrivateKey)
            served[entry] = self.planted.pem(f"meter's {entry}", pem_of(meter.key).decode())
        return served

    def _clients(self, name: str) -> Mapping[str, TomlValue]:
        """Return the daemon's own private keys, by which the meter knows it."""
        return {
            key: it
            for key, it in self.keys[name].items()
            if key.endswith(("signing_key", "agreement_key"))
        }

    def meters(self) -> list[TomlValue]:
        """Return two meters of every kind, one of which refuses; keys come from everywhere."""
        places: dict[str, Table] = {
            "digest": {"key_command": [str(self.directory / "keys.sh"), "{meter}"]},
            "wrapped": {"credential": "meters"},
        }
        return [
            self.sites[kind].meter(
                f"{kind}{suffix}",
                kind,
                number,
                **{
                    "response_timeout": "500 ms",
                    "security": security(),
                    **KINDS[kind].meter,
                    **places.get(kind, {}),
                },
            )
            for kind in KINDS
            for number, suffix in ((1, ""), (2, "-wrong"))
        ]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with ExitStack() as stack:
        made = World(tmp_path, stack)
        credentials = tmp_path / "credentials"
        credentials.mkdir(0o700)
        stored = {name: keys for name, keys in made.keys.items() if name.startswith("wrapped")}
        write_key_file(credentials / "meters", {"meter": stored}).chmod(0o400)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
        printed = {name: keys for name, keys in made.keys.items() if name.startswith("digest")}
        write_key_file(tmp_path / "printed.toml", {"meter": printed})
        program = tmp_path / "keys.sh"
        program.write_text(f"#!/bin/sh\ncat {tmp_path}/printed.toml\n")
        program.chmod(0o700)
        yield made


@pytest.fixture
def broker(tmp_path: Path, world: World) -> Iterator[Mosquitto]:
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    users = {"gateway": world.planted.password("mqtt.password"), "listener": "listener"}
    with Mosquitto(directory, users=users) as running:
        yield running


def test_nothing_of_any_secret_is_shown_anywhere(
    world: World, broker: Mosquitto, tmp_path: Path
) -> None:
    """Right keys and wrong ones of every mechanism, by every source, at the debug level."""
    password = world.planted.octets["mqtt.password"].decode()
    daemon = Daemon(
        tmp_path,
        {
            "gateway": {
                "system_title": CLIENT,
                "trusted_certificates": tmp_path / "certificates" / "root.der",
                "certificates": tmp_path / "certificates",
            },
            "mqtt": {"port": broker.port, "username": "gateway"},
            "log": {"level": "debug"},
            "bus": [site.bus(name) for name, site in world.sites.items()],
            "meter": world.meters(),
        },
        keys={"mqtt": {"password": password}, "meter": world.keys},
    )
    with Subscriber(broker.port, user=("listener", "listener")) as subscriber, daemon:
        for kind in KINDS:
            subscriber.wait_for_topic(f"dcud/v1/gw/meter/{kind}/reading/registers")
            daemon.wait_for_line(f"WARNING.*meter {kind}-wrong")
        process = Path(f"/proc/{daemon.process.pid}")
        texts = {
            "cmdline": (process / "cmdline").read_bytes(),
            "environ": daemon.environment(),
            "page": daemon.page().encode(),
        }
        state = daemon.database.parent
        octets = {f"{it.name}, open": it.read_bytes() for it in state.iterdir()}
        by_hand = {
            f"{command} {kind}{suffix}": said_by_hand(command, daemon.path, f"{kind}{suffix}")
            for command in ("read", "objects")
            for kind in ("digest", "plain", "agreed")
            for suffix in ("", "-wrong")
        }
        assert daemon.terminate()[0] == 0
    texts["stderr"] = daemon.told.encode()
    texts["mqtt"] = b"\n".join(it.topic.encode() + b" " + it.payload for it in subscriber.heard)
    octets["frames"] = daemon.frame_log.read_bytes()
    octets |= {f"{it.name}, closed": it.read_bytes() for it in state.iterdir()}
    octets |= by_hand
    for form in ("line", "tree", "json"):
        octets[f"trace {form}"] = said("trace", "--format", form, str(daemon.frame_log))
    texts["check"] = said("check", "--config", str(daemon.path))
    texts["keys check"] = said("keys", "check", "--config", str(daemon.path))
    texts["keys counter"] = said("keys", "counter", "--config", str(daemon.path), "digest")
    texts["scan"] = said_of_scan(world)
    leaks = Leaks(world.planted.octets)
    found = {where: leaks.find(it, TEXT_WINDOW) for where, it in texts.items()}
    found |= {where: leaks.find(it, WINDOW) for where, it in octets.items()}
    for where, it in by_hand.items():
        assert bool(re.search(rb"\b00000001\b", it)) == (
            "-wrong" not in where and where.startswith("read")
        ), where
    world.planted.octets |= dedicated_keys(daemon.frames(), world.keys["digest"])
    assert all(texts.values())
    assert {where: names for where, names in found.items() if names} == {}
    assert len(octets["frames"]) > 10_000  # it takes as many as it takes until all were read


def dedicated_keys(lines: list[FrameLine], keys: Mapping[str, TomlValue]) -> dict[str, bytes]:
    """Return the dedicated keys that went out; nothing but encrypted InitiateRequests has any."""
    words = {name: str(keys[name]).removeprefix("hex:") for name in SYMMETRIC}
    sent = b"".join(line.octets() for line in lines if line.mark == "tx" and line.meter == "digest")
    bodies = [use.body for use in uses_of_global_key(wrapped_apdus(sent), words)]
    cipher = BodyCipher(*(Secret(bytes.fromhex(words[name])) for name in SYMMETRIC[:2]))
    found: dict[str, bytes] = {}
    for body in bodies:
        initiate = InitiateRequest.decode(cipher.decipher(body, bytes.fromhex(CLIENT)))
        assert body[0] & 0x20, "an InitiateRequest is not encrypted"
        assert initiate.dedicated_key is not None
        found[f"dedicated key {len(found)}"] = initiate.dedicated_key.octets
    assert found
    return found


def said_by_hand(command: str, configuration: Path, meter: str) -> bytes:
    what = ["0.0.96.1.0.255"] if command == "read" else []
    return said(command, "--config", str(configuration), "--meter", meter, "--frames", *what)


def said_of_scan(world: World) -> bytes:
    place = world.sites["plain"].place
    address = f"{place['host']}:{place['port']}"
    return said("scan", "--tcp", address, "--framing", "wrapper", "--quick", "--frames")


def said(*arguments: str) -> bytes:
    """Return what a command writes on both its outputs."""
    done = subprocess.run(
        [sys.executable, "-m", "dcud", *arguments],
        cwd=PROJECT,
        capture_output=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "write",
    [
        lambda octets: octets,
        lambda octets: octets[::-1],
        lambda octets: repr(octets).encode(),
        lambda octets: octets.hex().encode(),
        lambda octets: octets.hex().upper().encode(),
        lambda octets: octets.hex(" ").encode(),
        lambda octets: octets.hex(":").encode(),
        lambda octets: b"0x" + b", 0x".join(b"%02x" % octet for octet in octets),
        b64encode,
        lambda octets: b64encode(b"a" + octets),
        lambda octets: b64encode(b"ab" + octets),
        urlsafe_b64encode,
        lambda octets: str(list(octets)).encode(),
        lambda octets: octets[5:11].hex().encode(),
        lambda octets: b64encode(octets[3:11]),
    ],
)
def test_the_search_finds_secrets_in_every_form(write: Callable[[bytes], bytes]) -> None:
    secret = secrets.token_bytes(16)
    leaks = Leaks({"key": secret})
    around = (b"2026-03-01 INFO the key is ", b", so there\n")
    assert leaks.find(write(secret).join(around))
    assert not leaks.find(write(secrets.token_bytes(16)).join(around))


KEY = secrets.token_bytes(16)
HEX = KEY.hex()
WORD = "".join(secrets.choice(LETTERS) for _ in range(24))
PEM = pem_of(ec.generate_private_key(WIDE)).decode()
SCALAR = Planted()
SCALAR.pem("scalar", PEM)

MALFORMED = {
    "no quotes": f"[meter.m]\nunicast_key = {HEX}\n",
    "an open string": f'[meter.m]\nunicast_key = "{HEX}\n',
    "an open long string": f'[meter.m]\nunicast_key = """{HEX}\n',
    "the key alone": HEX,
    "the word alone": WORD,
    "the PEM alone": PEM,
    "no equals sign": f'[meter.m]\nunicast_key "{HEX}"\n',
    "a colon": f'[meter.m]\nunicast_key: "{HEX}"\n',
    "rest of the line": f'[meter.m]\nunicast_key = "" {HEX}\n',
    "a number": f"[meter.m]\nunicast_key = 0x{HEX}\n",
    "a float": f"[meter.m]\nunicast_key = 1.{int(HEX, 16)}\n",
    "a long number": f"[meter.m]\nunicast_key = {int(HEX, 16)}{'0' * 5000}\n",
    "a list": f'[meter.m]\nunicast_key = ["{HEX}"]\n',
    "a table": f'[meter.m]\nunicast_key = {{ "{HEX}" = 1 }}\n',
    "a table's name": f"[meter.m.unicast_key.{HEX}]\n",
    "as the key": f'[meter.m]\n"{HEX}" = "unicast_key"\n',
    "as a table": f"[{HEX}]\n",
    "twice": f'[meter.m]\nunicast_key = "{HEX}"\nunicast_key = "{HEX}"\n',
    "a bad escape": f'[meter.m]\nlls_password = "\\q{WORD}"\n',
    "no UTF-8": f'[meter.m]\nlls_password = "{WORD}\udcff"\n',
    "a control character": f'[meter.m]\nlls_password = "{WORD}\1"\n',
    "a digit too few": f'[meter.m]\nunicast_key = "{HEX[:-1]}"\n',
    "an octet too few": f'[meter.m]\nunicast_key = "{HEX[:-2]}"\n',
    "an octet too many": f'[meter.m]\nunicast_key = "{HEX}00"\n',
    "the other suite's length": f'[meter.m]\nunicast_key = "{HEX}{HEX}"\n',
    "no hexadecimal": f'[meter.m]\nunicast_key = "{WORD}"\n',
    "another prefix": f'[meter.m]\nunicast_key = "0x{HEX}"\n',
    "too long a password": f'[meter.m]\nlls_password = "{WORD * 9}"\n',
    "an unknown name": f'[meter.m]\nunicast = "{HEX}"\n',
    "an unknown table": f'[meters.m]\nunicast_key = "{HEX}"\n',
    "no meter's name": f'[meter]\nunicast_key = "{HEX}"\n',
    "no table": f'unicast_key = "{HEX}"\n',
    "a table as text": f'default = "{HEX}"\n',
    "a key as PEM": f'[meter.m]\nsigning_key = "{HEX}"\n',
    "PEM cut off": f'[meter.m]\nsigning_key = """{PEM[:150]}"""\n',
    "PEM of something else": '[meter.m]\nsigning_key = """{}"""\n'.format(
        PEM.replace("PRIVATE KEY", "PUBLIC KEY")
    ),
    "PEM in one string": f'[meter.m]\nsigning_key = "{PEM}"\n',
    "the broker's": f'[mqtt]\npassword = 1\nuser = "{WORD}"\n',
    "nothing that is needed": f'[meter.other]\nunicast_key = "{HEX}"\n',
}
"""Key files that no meter can be read with, by what is wrong with them."""


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """Return a configuration of a meter that wants a key and a signature."""
    path = tmp_path / "dcud.toml"
    path.write_text(
        f"""
        gateway = {{ id = "gw", key_file = "keys.toml", system_title = "{CLIENT}" }}
        mqtt = {{ host = "127.0.0.1", username = "gateway" }}
        metrics = {{ listen = "127.0.0.1:0" }}
        log = {{ level = "debug", frames = false }}
        [[bus]]
        id = "b"
        framing = "wrapper"
        tcp = {{ host = "127.0.0.1", port = 1 }}
        [[meter]]
        id = "m"
        bus = "b"
        authentication = "hls-gmac"
        security = {{ suite = 0 }}
        [[meter.job]]
        kind = "registers"
        name = "registers"
        interval = "1 h"
        objects = [{{ obis = "1.0.1.8.0.255" }}]
        """,
        "utf-8",
    )
    return path


@pytest.mark.parametrize("wrong", MALFORMED)
def test_malformed_key_files_are_not_quoted(
    wrong: str, configuration: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor are they where the file is taken for something else: a configuration, a frame log."""
    keys = configuration.parent / "keys.toml"
    keys.touch(0o600)
    keys.write_bytes(MALFORMED[wrong].encode(errors="surrogateescape"))
    config = str(configuration)
    codes = [
        main(["check", "--config", config]),
        main(["check", "--format", "json", "--config", config]),
        main(["run", "--config", config]),
        main(["read", "--config", config, "--meter", "m", "1.0.1.8.0.255"]),
        main(["simulate", "--key-file", str(keys), "--suite", "2", "--tcp", "192.0.2.1:1"]),
        main(["trace", str(keys)]),
        main(["keys", "check", "--config", config]),
        main(["keys", "check", "--key-file", str(keys), "--format", "json"]),
        main(["keys", "generate", "--suite", "0", "--key-file", str(keys), "n"]),
    ]
    if wrong != "as a table":  # in a configuration it is a name like any other, and must be told
        main(["check", "--config", str(keys)])
    told = "".join(capfd.readouterr()).encode()
    assert codes[:4] == [78, 78, 78, 78]
    leaks = Leaks({"key": KEY, "word": WORD.encode(), **SCALAR.octets})
    assert leaks.find(told, TEXT_WINDOW) == set()


def test_fresh_keys_stand_in_their_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "fresh.toml"
    kinds = [f"--kind={name}" for name in (*SYMMETRIC, "hls_secret", "signing_key")]
    told = said("keys", "generate", "--suite", "2", "--key-file", str(path), *kinds, "m")
    made = parse_keys(path, path.read_bytes())
    assert len(made) == len(kinds)
    planted = Planted()
    planted.octets |= {entry[-1]: secret.octets for entry, secret in made.items()}
    planted.pem("signing_key", planted.octets["signing_key"].decode())
    told += said("keys", "check", "--key-file", str(path))
    assert Leaks(planted.octets).find(told, TEXT_WINDOW) == set()
