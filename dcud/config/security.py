"""The table of the configuration that says how a meter's APDUs are protected."""

from dataclasses import dataclass
from typing import Annotated

from dcud.config import kind
from dcud.config.note import Note
from dcud.dlms.obis import Obis

GUARDS = ("none", "authenticated", "encrypted", "authenticated-encrypted")
"""What may be done to an APDU."""

FORMS = ("service-specific", "general", "general-ciphering")
"""How a protected APDU looks."""

KEY_INFOS = ("identified", "wrapped", "one-pass", "static")
"""How general-ciphering tells the key."""

WITH_CURVES = ("one-pass", "static")
"""Those of them that agree on a key, for which suite 0 has no means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """How a meter's APDUs are protected, and what its answers must be.

    Everything that comes is held against this table: what is protected less than `answers` says, or
    by another suite, is refused. The keys stand in the meter's key file.
    """

    suite: Annotated[
        int, kind.number_choice(0, 1, 2), Note("Security suite, as the meter's keys are made for.")
    ] = 0
    requests: Annotated[str, kind.choice(*GUARDS), Note("What is done to requests.")] = (
        "authenticated-encrypted"
    )
    answers: Annotated[
        str | None,
        kind.choice(*GUARDS),
        Note("What answers must have at least.", derived="the same as requests"),
    ] = None
    sign_requests: Annotated[
        bool, kind.flag(), Note("Whether requests are signed, by signing_key of the key file.")
    ] = False
    signed_answers: Annotated[
        bool, kind.flag(), Note("Whether answers must be signed, as the certificates prove.")
    ] = False
    form: Annotated[
        str,
        kind.choice(*FORMS),
        Note(
            "How protected APDUs look: glo-get-request, general-glo-ciphering, general-ciphering."
        ),
    ] = "service-specific"
    any_form: Annotated[
        bool, kind.flag(), Note("Whether answers may come in another form than requests went out.")
    ] = False
    dedicated_key: Annotated[
        bool, kind.flag(), Note("Whether each association has a fresh key of its own.")
    ] = False
    proof_under_global_key: Annotated[
        bool,
        kind.flag(),
        Note("Whether the proof of identity goes under the global key all the same."),
    ] = False
    key_info: Annotated[
        str,
        kind.choice(*KEY_INFOS),
        Note("How general-ciphering tells the key: by name, wrapped, or agreed upon."),
    ] = "identified"
    compress: Annotated[
        bool,
        kind.flag(),
        Note("Whether requests are compressed (V.44) where they get shorter; suites 1 and 2."),
    ] = False
    omit_system_title: Annotated[
        bool,
        kind.flag(),
        Note("Whether general-glo-ciphering goes out without dcud's system title."),
    ] = False
    sign_length: Annotated[
        bool,
        kind.flag(),
        Note(
            "Whether a signature is made over the content's length, too, as the standard has it;"
            " what meters sign is taken either way."
        ),
    ] = True
    key_derivation: Annotated[
        str,
        kind.choice("standard", "gbcs"),
        Note("Which object identifier agreed keys are derived with: the standard's, or Britain's."),
    ] = "standard"
    server_system_title: Annotated[
        bytes | None,
        kind.system_title(),
        Note("The meter's system title; another one is refused.", derived="as the meter tells it"),
    ] = None
    frame_counter: Annotated[
        Obis | None,
        kind.logical_name(),
        Note(
            "Object that shows a public client the last counter that the meter took; asked where"
            " dcud doesn't know its own counter, and at each start.",
            example="0.0.43.1.0.255",
        ),
    ] = None
    frame_counter_client: Annotated[
        int, kind.integer(1, 65535), Note("Address that dcud asks for it from.")
    ] = 16
    frame_counter_margin: Annotated[
        int,
        kind.integer(1, 1_000_000),
        Note(
            "How far dcud keeps from that counter at least: frames that never came to the meter"
            " used counters, too."
        ),
    ] = 10_000
    counter_step: Annotated[
        int,
        kind.integer(0, 100_000_000),
        Note(
            "How far the counter is raised at most because the meter refuses one and names another;"
            " nothing vouches for what it names. 0: never."
        ),
    ] = 1_000_000
