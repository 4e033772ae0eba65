"""What a good configuration becomes; what a bad one is told stands in tests/cli/golden."""

from dataclasses import replace
from pathlib import Path

import pytest

from dcud.config import model
from dcud.config.key_file import Access
from dcud.config.key_ring import load_secrets
from dcud.config.load import load
from dcud.config.problem import ConfigError
from dcud.dlms.obis import Obis

SMALL = """
[gateway]
id = "gw"

[[bus]]
id = "rs485"
serial = { device = "/dev/ttyUSB0" }
"""

METER = """
[[meter]]
id = "m1"
bus = "rs485"
"""

JOB = """
[[meter.job]]
kind = "registers"
name = "energy"
interval = "15 min"
objects = [{ obis = "1.0.1.8.0.255" }]
"""


def loaded(directory: Path, text: str, **drop_ins: str) -> model.Configuration:
    for name, content in drop_ins.items():
        (directory / "conf.d").mkdir(exist_ok=True)
        (directory / "conf.d" / f"{name}.toml").write_text(content)
    (directory / "dcud.toml").write_text(text)
    return load(directory / "dcud.toml")


def faults(directory: Path, text: str, **drop_ins: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(directory, text, **drop_ins)
    return [f"{problem.line} {problem.key}: {problem.message}" for problem in caught.value.problems]


def test_the_least_configuration_takes_every_default(tmp_path: Path) -> None:
    assert loaded(tmp_path, '[gateway]\nid = "gw"\n') == model.Configuration(
        gateway=model.Gateway(id="gw"), mqtt=model.Mqtt(client_id="dcud-gw")
    )


def test_a_bus_and_a_meter_are_told_in_full(tmp_path: Path) -> None:
    configuration = loaded(
        tmp_path,
        """
        [gateway]
        id = "gw"
        [[bus]]
        id = "rs485"
        turnaround = "20 ms"
        serial.device = "/dev/ttyS1"
        serial.baud = 19200
        serial.format = "7E1"
        serial.rs485 = { delay_after_send = "1 ms" }
        [[bus]]
        id = "net"
        framing = "wrapper"
        tcp = { host = "meter.example" }
        [[meter]]
        id = "m1"
        bus = "net"
        server_address = { logical = 3 }
        clock = { deviation = "local-minus-utc" }
        hdlc.window_receive = 7
        [[meter.job]]
        kind = "profile"
        name = "load"
        interval = 900
        offset = "30 s"
        logical_name = "1-0:99.1.0"
        access = "entry"
        columns = [{ obis = "1.0.1.8.0.255", name = "energy" }]
        """,
    )
    serial, tcp = configuration.buses
    assert serial == model.Bus(
        id="rs485",
        turnaround=0.02,
        serial=model.Serial(
            device="/dev/ttyS1",
            baud=19200,
            format="7E1",
            rs485=model.Rs485(delay_after_send=0.001),
        ),
    )
    assert (serial.framing, tcp.framing) == ("hdlc", "wrapper")
    assert configuration.meters == (
        model.Meter(
            id="m1",
            bus="net",
            server_address=model.ServerAddress(logical=3),
            clock=model.Clock(deviation="local-minus-utc"),
            response_timeout=5.0,
            release_timeout=3.0,
            hdlc=model.Hdlc(window_receive=7, inter_octet_timeout=1.5),
            job=(
                model.ProfileJob(
                    name="load",
                    interval=900.0,
                    offset=30.0,
                    logical_name=Obis.parse("1.0.99.1.0.255"),
                    access="entry",
                    columns=(model.Column(obis=Obis.parse("1.0.1.8.0.255"), name="energy"),),
                ),
            ),
        ),
    )


def test_one_and_true_stay_apart(tmp_path: Path) -> None:
    text = SMALL + METER + "release = true\nclient_sap = 1\nresponse_timeout = 1.0\n" + JOB
    meter = loaded(tmp_path, text).meters[0]
    kinds = [type(value) for value in (meter.release, meter.client_sap, meter.response_timeout)]
    assert kinds == [bool, int, float]


class TestDerivedDefaults:
    @pytest.mark.parametrize(
        ("keys", "tls", "port"),
        [
            ("", False, 1883),
            ('host = "::1"', False, 1883),
            ('host = "localhost"', False, 1883),
            ('host = "127.9.9.9"', False, 1883),
            ('host = "broker.example"', True, 8883),
            ('host = "192.0.2.1"\nport = 1', True, 1),
            ('host = "broker.example"\ntls = false', False, 1883),
            ("tls = true", True, 8883),
        ],
    )
    def test_tls_is_on_unless_the_broker_is_here(
        self,
        tmp_path: Path,
        keys: str,
        tls: bool,  # noqa: FBT001  # a column
        port: int,
    ) -> None:
        mqtt = loaded(tmp_path, f'[gateway]\nid = "gw"\n[mqtt]\n{keys}\n').mqtt
        assert (mqtt.tls, mqtt.port) == (tls, port)

    def test_the_outbox_follows_the_state_directory(self, tmp_path: Path) -> None:
        text = '[gateway]\nid = "gw"\nstate_directory = "state"\n'
        assert loaded(tmp_path, text).outbox.path == str(tmp_path / "state" / "dcud.db")

    def test_the_gateways_time_zone_holds_for_meters_without_one(self, tmp_path: Path) -> None:
        text = SMALL.replace('"gw"', '"gw"\ntime_zone = "Europe/Berlin"')
        text += METER + 'clock.deviation = "local-minus-utc"\n' + JOB
        text += METER.replace("m1", "m2") + "client_sap = 2\n"
        text += 'clock.time_zone = "Asia/Kolkata"\n' + JOB
        zones = [meter.clock.time_zone for meter in loaded(tmp_path, text).meters]
        assert zones == ["Europe/Berlin", "Asia/Kolkata"]

    def test_the_gateways_key_file_holds_for_all_that_name_none(self, tmp_path: Path) -> None:
        text = SMALL.replace('"gw"', '"gw"\nkey_file = "keys.toml"')
        text += METER + JOB + METER.replace("m1", "m2") + 'client_sap = 2\nkey_file = "/k"\n' + JOB
        text += METER.replace("m1", "m3") + 'client_sap = 3\ncredential = "c"\n' + JOB
        configuration = loaded(tmp_path, text)
        common = str(tmp_path / "keys.toml")
        assert configuration.mqtt.key_file == common
        sources = [(meter.key_file, meter.credential) for meter in configuration.meters]
        assert sources == [(common, None), ("/k", None), (None, "c")]


class TestTemplates:
    def test_a_shipped_one_brings_jobs(self, tmp_path: Path) -> None:
        text = SMALL + METER + 'template = "generic-electricity"\n'
        registers, profile = loaded(tmp_path, text).meters[0].job
        assert isinstance(registers, model.RegistersJob)
        assert isinstance(profile, model.ProfileJob)
        assert profile.logical_name == Obis.parse("1.0.99.1.0.255")
        assert profile.interval == 900.0

    def test_later_ones_amend_earlier_ones_and_the_meter_amends_all(self, tmp_path: Path) -> None:
        text = (
            SMALL
            + """
            [template.a]
            client_sap = 1
            hdlc = { retries = 1, window_receive = 2 }
            [[template.a.job]]
            kind = "registers"
            name = "energy"
            interval = "1 h"
            objects = [{ obis = "1.0.1.8.0.255" }]
            [[template.a.job]]
            kind = "registers"
            name = "power"
            interval = "1 h"
            objects = [{ obis = "1.0.1.7.0.255" }]
            [template.b]
            client_sap = 2
            hdlc.retries = 5
            [[template.b.job]]
            name = "energy"
            interval = "1 min"
            """
            + METER
            + """
            template = ["a", "b"]
            hdlc.busy_polls = 9
            [[meter.job]]
            name = "power"
            enabled = false
            """
        )
        meter = loaded(tmp_path, text).meters[0]
        assert meter.client_sap == 2
        assert meter.hdlc == model.Hdlc(retries=5, window_receive=2, busy_polls=9)
        assert [(job.name, job.interval) for job in meter.job] == [("energy", 60.0)]

    def test_ours_takes_the_place_of_a_shipped_one(self, tmp_path: Path) -> None:
        text = SMALL + METER + 'template = "spodes"\n[template.spodes]\nclient_sap = 77\n' + JOB
        text = text.replace(JOB, "") + JOB.replace("meter.job", "template.spodes.job")
        assert loaded(tmp_path, text).meters[0].client_sap == 77

    def test_what_meters_share_is_held_once(self, tmp_path: Path) -> None:
        text = SMALL
        for number in range(16, 116):
            text += METER.replace("m1", f"m{number}")
            text += f'template = "generic-electricity"\nserver_address.physical = {number}\n'
        meters = loaded(tmp_path, text).meters
        assert len(meters) == 100
        assert len({id(meter.job) for meter in meters}) == 1
        assert len({id(meter.hdlc) for meter in meters}) == 1
        assert len({id(meter.bus) for meter in meters}) == 1

    def test_a_fault_in_a_shared_job_is_told_once(self, tmp_path: Path) -> None:
        text = SMALL + '[[template.t.job]]\nkind = "registers"\nname = "n"\ninterval = 1\n'
        for number in (1, 2):
            text += METER.replace("m1", f"m{number}")
            text += f'template = "t"\nserver_address.physical = {number}\n'
        assert faults(tmp_path, text) == ['8 template.t.job.n: the key "objects" is missing']


class TestDropIns:
    def test_they_add_buses_and_meters_and_templates(self, tmp_path: Path) -> None:
        configuration = loaded(
            tmp_path,
            SMALL,
            b=METER + 'template = "ours"\n',
            a=JOB.replace("meter.job", "template.ours.job")
            + '[[bus]]\nid = "net"\ntcp.host = "h"\n',
        )
        assert [bus.id for bus in configuration.buses] == ["rs485", "net"]
        assert configuration.meters[0].job[0].name == "energy"

    def test_another_directory_can_be_named(self, tmp_path: Path) -> None:
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "m.toml").write_text(METER + JOB)
        (tmp_path / "more" / "m.toml~").write_text("no TOML")
        assert len(loaded(tmp_path, 'include = "more"\n' + SMALL).meters) == 1

    def test_one_that_is_no_toml_spares_the_others_false_accusations(self, tmp_path: Path) -> None:
        found = faults(tmp_path, SMALL + "typo = 1\n", bad="[", good='[[meter]]\nbus = "in-bad"\n')
        assert found[1:] == ["8 bus.rs485.typo: is not a known key"]
        assert found[0].startswith("1 : is not TOML: ")


class TestFaults:
    def test_a_gateway_without_a_name(self, tmp_path: Path) -> None:
        assert faults(tmp_path, "") == ['0 gateway: the key "id" is missing']
        assert faults(tmp_path, "\n[gateway]\n") == ['2 gateway: the key "id" is missing']

    def test_a_password_without_a_key_file(self, tmp_path: Path) -> None:
        text = SMALL + METER + 'authentication = "lls"\n' + JOB
        assert faults(tmp_path, text) == [
            '9 meter.m1: authentication "lls" needs a secret, and no key file is named'
        ]

    @pytest.mark.parametrize(
        ("keys", "fault"),
        [
            ("", "12 meter.m1.job.clock.interval: is missing, and so is cron"),
            (
                'interval = "1 h"\ndiscipline = "shift"\ntolerance = "1 min"\n',
                (
                    "12 meter.m1.job.clock.max_shift: is not more than tolerance:"
                    " nothing is ever shifted"
                ),
            ),
            (
                'interval = "1 h"\ndiscipline = "set"\nmax_set = "1 min"\n',
                (
                    "17 meter.m1.job.clock.max_set: is not more than tolerance and max_shift:"
                    " nothing is ever set"
                ),
            ),
        ],
    )
    def test_clocks_that_nothing_could_correct(self, tmp_path: Path, keys: str, fault: str) -> None:
        text = SMALL + METER + '[[meter.job]]\nkind = "clock"\nname = "clock"\n' + keys
        assert faults(tmp_path, text) == [fault]

    @pytest.mark.parametrize(
        "limits",
        [
            'discipline = "observe"\ntolerance = "1 h"',
            'discipline = "set"\nmax_shift = 0',
            'discipline = "shift"\nmax_set = 1',
        ],
    )
    def test_limits_of_clocks_that_make_sense(self, tmp_path: Path, limits: str) -> None:
        job = '[[meter.job]]\nkind = "clock"\nname = "clock"\ninterval = "1 h"\n' + limits
        assert loaded(tmp_path, SMALL + METER + job).meters[0].job[0].name == "clock"

    @pytest.mark.parametrize(
        ("keys", "fault"),
        [
            (
                'security = { suite = 1, form = "general", key_info = "static" }\n',
                '12 meter.m1.security.key_info: "static" has no place in the form "general"',
            ),
            (
                'security = { form = "general-ciphering", key_info = "one-pass" }\n',
                "12 meter.m1.security.key_info: does not exist in security suite 0",
            ),
            (
                "security = { sign_requests = true }\n",
                "12 meter.m1.security.sign_requests: does not exist in security suite 0",
            ),
            (
                "security = { signed_answers = true }\n",
                "12 meter.m1.security.signed_answers: does not exist in security suite 0",
            ),
            (
                "security = { compress = true }\n",
                '12 meter.m1.security.compress: has no place in the form "service-specific"',
            ),
            (
                'security = { form = "general-ciphering", dedicated_key = true }\n',
                '12 meter.m1.security.dedicated_key: has no name in the form "general-ciphering"',
            ),
            (
                "security = { suite = 3 }\n",
                "12 meter.m1.security.suite: 3 is not possible",
            ),
            (
                'authentication = "hls-ecdsa"\n',
                '12 meter.m1.authentication: "hls-ecdsa" does not exist in security suite 0',
            ),
        ],
    )
    def test_security_without_the_means(self, tmp_path: Path, keys: str, fault: str) -> None:
        own = 'key_file = "k"\nclient_system_title = "DCU00001"\n'
        text = SMALL + METER + keys + own + JOB
        assert faults(tmp_path, text) == [fault]

    @pytest.mark.parametrize(
        "keys",
        [
            "security = { suite = 1, signed_answers = true }",
            'security = { suite = 1, form = "general-ciphering", key_info = "static" }',
            'authentication = "hls-ecdsa"\nsecurity = { suite = 2 }',
        ],
    )
    def test_certificates_that_could_not_be_looked_up(self, tmp_path: Path, keys: str) -> None:
        own = '\nkey_file = "k"\nclient_system_title = "DCU00001"\n'
        [fault] = faults(tmp_path, SMALL + METER + keys + own + JOB)
        assert "needs the meter's certificates, and no system title to look them up by" in fault
        titled = keys.replace("suite", 'server_system_title = "MTR00001", suite')
        assert len(loaded(tmp_path, SMALL + METER + titled + own + JOB).meters) == 1

    @pytest.mark.parametrize(
        ("keys", "subject"),
        [
            ("security = {}\n", "security"),
            ('authentication = "hls-gmac"\n', 'authentication "hls-gmac"'),
            ('authentication = "hls-sha256"\n', 'authentication "hls-sha256"'),
        ],
    )
    def test_security_without_a_key_file_or_a_system_title(
        self, tmp_path: Path, keys: str, subject: str
    ) -> None:
        assert faults(tmp_path, SMALL + METER + keys + JOB) == [
            f"9 meter.m1: {subject} needs a secret, and no key file is named",
            f"9 meter.m1: {subject} needs a system title of dcud's, and there is none",
        ]

    def test_a_proof_by_a_hash_needs_no_system_title(self, tmp_path: Path) -> None:
        text = SMALL + METER + 'authentication = "hls-md5"\nkey_file = "k"\n' + JOB
        assert len(loaded(tmp_path, text).meters) == 1

    def test_a_meter_has_the_gateways_system_title_unless_it_names_its_own(
        self, tmp_path: Path
    ) -> None:
        titled = SMALL.replace("[gateway]\n", '[gateway]\nsystem_title = "4443550000000001"\n')
        own = METER.replace("m1", "m2") + ('client_sap = 1\nclient_system_title = "DCU00002"\n')
        meters = loaded(tmp_path, titled + METER + JOB + own + JOB).meters
        assert [meter.client_system_title for meter in meters] == [
            bytes.fromhex("4443550000000001"),
            b"DCU00002",
        ]

    def test_a_meter_has_the_gateways_key_command(self, tmp_path: Path) -> None:
        titled = SMALL.replace("[gateway]\n", '[gateway]\nkey_command = ["/bin/k", "{meter}"]\n')
        own = METER.replace("m1", "m2") + 'client_sap = 1\nkey_file = "/k"\n'
        first, second = loaded(tmp_path, titled + METER + JOB + own + JOB).meters
        assert (first.key_command, first.key_file) == (("/bin/k", "{meter}"), None)
        assert (second.key_command, second.key_file) == (None, "/k")

    def test_two_sources_of_one_secret(self, tmp_path: Path) -> None:
        text = SMALL + METER + 'key_file = "k"\ncredential = "c"\n' + JOB
        assert faults(tmp_path, text) == ["13 meter.m1.credential: contradicts key_file"]

    def test_a_meter_of_a_faulty_bus_is_not_blamed(self, tmp_path: Path) -> None:
        text = SMALL.replace("device", "divece") + METER + JOB
        assert faults(tmp_path, text) == [
            '7 bus.rs485.serial: the key "device" is missing',
            "7 bus.rs485.serial.divece: is not a known key",
        ]

    def test_a_meter_without_jobs_is_fine_while_it_is_not_polled(self, tmp_path: Path) -> None:
        configuration = loaded(tmp_path, SMALL + METER + "enabled = false\n")
        assert len(configuration.meters) == 1
        assert configuration.polled_meters("rs485") == ()

    def test_the_same_station_for_another_client_is_no_double(self, tmp_path: Path) -> None:
        text = SMALL + METER + JOB + METER.replace("m1", "m2") + "client_sap = 32\n" + JOB
        configuration = loaded(tmp_path, text)
        assert configuration.polled_meters("rs485") == configuration.meters

    def test_the_size_of_an_address_makes_no_other_station(self, tmp_path: Path) -> None:
        text = SMALL + METER + JOB + METER.replace("m1", "m2") + "server_address.size = 4\n" + JOB
        assert len(faults(tmp_path, text)) == 1

    def test_a_disabled_meter_leaves_its_address_to_another(self, tmp_path: Path) -> None:
        text = SMALL + METER + JOB + METER.replace("m1", "m2") + "enabled = false\n"
        assert len(loaded(tmp_path, text).polled_meters("rs485")) == 1

    def test_values_are_those_of_the_model_in_every_detail(self, tmp_path: Path) -> None:
        meter = loaded(tmp_path, SMALL + METER + JOB).meters[0]
        assert replace(meter, job=()) == model.Meter(id="m1", bus="rs485")


PUSHING = """
[listener]
enabled = true
allow_from = ["127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"]
"""


def pushing(name: str, push_from: str, more: str = "") -> str:
    return f'[[meter]]\nid = "{name}"\nbus = "rs485"\npush_from = {push_from}\n{more}\n'


def at(logical: int) -> str:
    return f"client_sap = {logical}\nserver_address = {{ logical = {logical} }}"


def test_meters_that_push_are_told_apart(tmp_path: Path) -> None:
    configuration = loaded(
        tmp_path,
        SMALL
        + PUSHING
        + pushing("wide", '"10.1.0.0/16"', at(1))
        + pushing("within", '"10.1.2.3"', at(2))
        + pushing("beside", '["10.2.0.0/16", "10.2.1.0/24"]', "client_sap = 3")
        + pushing("sixth", '"2001:db8::1"', "client_sap = 4")
        + pushing("off", '"192.0.2.7"', "enabled = false\nclient_sap = 5")
        + METER.replace("m1", "polled")
        + "client_sap = 6\n"
        + JOB,
    )
    assert [meter.id for meter in configuration.pushing_meters()] == [
        "wide",
        "within",
        "beside",
        "sixth",
    ]
    assert [meter.id for meter in configuration.polled_meters("rs485")] == ["polled"]


def test_meters_that_the_listener_cannot_tell_apart(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        SMALL
        + PUSHING
        + pushing("wide", '"10.1.0.0/16"', "client_sap = 1")
        + pushing("within", '"10.1.2.3"', "client_sap = 2")
        + pushing("same", '["10.1.255.255", "10.2.0.0"]', "client_sap = 3")
        + pushing("outside", '["192.0.2.7", "2001::/16", "0.0.0.0/0"]', at(4)),
    )
    overlaps = 'overlaps with that of meter "wide", which has the same logical address'
    assert told == [
        f"20 meter.within.push_from: {overlaps}",
        f"25 meter.same.push_from: {overlaps}",
        '30 meter.outside.push_from: "0.0.0.0/0" lies outside of all that the listener allows',
        '30 meter.outside.push_from: "192.0.2.7/32" lies outside of all that the listener allows',
        '30 meter.outside.push_from: "2001::/16" lies outside of all that the listener allows',
    ]


def test_without_a_listener_nobody_is_heard(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, SMALL + pushing("m", '"192.0.2.7"'))
    assert configuration.pushing_meters() == ()
    assert configuration.listener == model.Listener()


def test_a_listener_without_transports(tmp_path: Path) -> None:
    assert faults(tmp_path, SMALL + PUSHING + "tcp = false\nudp = false\n") == [
        "12 listener.tcp: is false, and so is udp"
    ]


def test_further_brokers_have_names_and_defaults_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "dcud.toml"
    path.write_text(
        """
[gateway]
id = "gw"
key_file = "keys.toml"

[[uplink]]
id = "cloud"
host = "broker.example"
username = "u"
send = ["events"]

[[uplink]]
id = "local"
""",
        encoding="utf-8",
    )
    configuration = load(path)
    (first, main), (cloud, far), (local, near) = configuration.brokers()
    assert (first, cloud, local) == ("mqtt", "cloud", "local")
    assert (main.client_id, far.client_id) == ("dcud-gw", "dcud-gw-cloud")
    assert (far.tls, far.port, far.send) == (True, 8883, ("events",))
    assert (near.tls, near.port) == (False, 1883)
    keys = tmp_path / "keys.toml"
    keys.write_text('[uplink.cloud]\npassword = "sesame"\n', encoding="utf-8")
    keys.chmod(0o600)
    secrets = load_secrets(configuration, Access.of_this_process())
    assert {name: secret.octets for name, secret in secrets.passwords.items()} == {
        "cloud": b"sesame"
    }


@pytest.mark.parametrize(
    ("uplinks", "words"),
    [
        ('[[uplink]]\nid = "mqtt"\n', "is the name of [mqtt]"),
        ('[[uplink]]\nid = "a"\n[[uplink]]\nid = "a"\n', "uplink"),
        ('[[uplink]]\nhost = "h"\n', "id"),
        ('[[uplink]]\nid = "a"\npayload = "xml"\n', '"xml" is not known'),
        ('[[uplink]]\nid = "a"\nsparkplug = { group = "STATE" }\n', "uplink.a.sparkplug.group"),
        (
            '[[uplink]]\nid = "a"\npayload = "sparkplug-b"\nmessage_expiry = "1 h"\n',
            "uplink.a.message_expiry",
        ),
    ],
)
def test_what_is_wrong_with_a_further_broker_is_told(
    tmp_path: Path, uplinks: str, words: str
) -> None:
    path = tmp_path / "dcud.toml"
    path.write_text(f'[gateway]\nid = "gw"\n{uplinks}', encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert words in str(raised.value)
