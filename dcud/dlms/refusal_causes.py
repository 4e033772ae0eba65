"""What the codes by which a meter refuses something mean, with what can be done about it.

The specification names the codes; the causes and remedies are what the field found behind them.
[IEC 62056-5-3: Data-Access-Result, Action-Result, ExceptionResponse, ServiceError]
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a meter says so.

    Attributes:
        cause: a sentence without its full stop.
        remedy: what the reader can do, as an imperative; empty where the field knows nothing.
    """

    cause: str
    remedy: str = ""


UNKNOWN = Explanation("the code is the manufacturer's own", "look it up in the meter's manual")

RESULTS: dict[int, Explanation] = {
    0: Explanation("it was done"),
    1: Explanation(
        "a part of the meter doesn't work, or the meter says so of whatever it can't do",
        "read another attribute; if that comes, take this one out of the job",
    ),
    2: Explanation(
        "the meter can't do it now: it is busy, or still doing what it was asked before",
        "try again later",
    ),
    3: Explanation(
        "this client may not do that with the attribute or method",
        "look at the rights of this client (dcud objects); use another client_sap, or a higher"
        " authentication",
    ),
    4: Explanation(
        "the meter has no object of this logical name",
        "look for it in the object list (dcud objects); perhaps another client sees it",
    ),
    9: Explanation(
        "the object is of another interface class, or has no such attribute or method",
        "look the class id and version up in the object list (dcud objects)",
    ),
    11: Explanation(
        "the object is there, but has nothing to give at present",
        "try again later; a profile without entries may say so, too",
    ),
    12: Explanation(
        "the value, or the selection, is not of the type that the meter takes",
        "read the attribute and write the type that it has; of a profile try another form of range"
        " bounds, or another access (range, entry, whole)",
    ),
    13: Explanation(
        "what was asked is outside of what this association may reach",
        "use another client_sap, or a higher authentication or security",
    ),
    14: Explanation("the block that was asked for is not there (any more)", "try again"),
    15: Explanation(
        "the meter gave up a transfer in blocks",
        "try again, and ask for less at a time: a shorter range, fewer columns",
    ),
    16: Explanation(
        "the meter knows of no transfer to which this block belongs: it gave up, or restarted",
        "try again",
    ),
    17: Explanation("the meter gave up to take a value in blocks", "try again"),
    18: Explanation(
        "the meter knows of no transfer to which this block belongs: it gave up, or restarted",
        "try again",
    ),
    19: Explanation("the meter expected another block, so that one was lost", "try again"),
    250: Explanation(
        "the meter gives no reason; of a profile it is mostly the selection that it can't do",
        "ask in another way: a smaller range, another form of range bounds, another access (range,"
        " entry, whole)",
    ),
}
"""Explanations of data-access-result and action-result, which share their numbers."""

STATE_ERRORS: dict[int, Explanation] = {
    1: Explanation(
        "the service is not allowed as things stand: mostly there is no association (any more), or"
        " the request isn't protected as the meter's policy wants it",
        "check client_sap, authentication and the security of requests",
    ),
    2: Explanation(
        "the meter doesn't know the service, or could not read the request",
        "ask for what the agreed conformance allows",
    ),
}
"""Explanations of the first code of an exception response."""

SERVICE_ERRORS: dict[int, Explanation] = {
    1: Explanation(
        "the meter can't do it as things stand",
        "try again; if it stays so, check client_sap and association",
    ),
    2: Explanation("the meter doesn't have this service", "ask in another way"),
    3: Explanation("the meter gives no reason"),
    4: Explanation("the request or its answer is too long", "ask for less at a time"),
    5: Explanation("the meter could not decipher the request", "check the keys"),
    6: Explanation(
        "the invocation counter was used before, or is too low",
        "let dcud find the meter's counter (security.frame_counter)",
    ),
}
"""Explanations of the second code of an exception response."""

_OTHER = Explanation("the meter gives no reason within this class of errors")

CONFIRMED_SERVICE_ERRORS: dict[tuple[int, int], Explanation] = {
    **{(error_class, 0): _OTHER for error_class in (0, 1, 2, 3, 4, 5, 6, 7, 9)},
    (0, 1): Explanation("the meter took too long over it", "try again"),
    (0, 2): Explanation(
        "nothing answers behind this server address",
        "check server_address: its logical part is the logical device",
    ),
    (0, 3): Explanation(
        "the meter has no application at this address, or no association",
        "check server_address and client_sap",
    ),
    (0, 4): Explanation(
        "this client isn't served in this way", "use short names, or a ciphered context"
    ),
    (0, 5): Explanation("the meter had trouble with its own line", "try again"),
    (0, 6): Explanation("the meter could not decipher the request", "check the keys"),
    (1, 1): Explanation("the meter has no memory left for it", "ask for less at a time"),
    (1, 2): Explanation("the meter is busy", "try again later"),
    (1, 3): Explanation("the meter's storage can't be reached", "try again later"),
    (1, 4): Explanation("the meter is short of something", "try again later"),
    (2, 1): Explanation("there is no association (any more)", "try again"),
    (2, 2): Explanation("the meter is loading data", "try again later"),
    (2, 3): Explanation("the meter's state can't be changed now", "try again later"),
    (2, 4): Explanation("the meter is out of order"),
    (3, 1): Explanation("the request or its answer is too long", "ask for less at a time"),
    (3, 2): Explanation("the meter doesn't have this service", "ask in another way"),
    (4, 1): RESULTS[4],
    (4, 2): RESULTS[9],
    (4, 3): Explanation(
        "the object has no such attribute",
        "look the class's version up in the object list (dcud objects)",
    ),
    (5, 1): RESULTS[13],
    (5, 2): RESULTS[3],
    (5, 3): RESULTS[1],
    (5, 4): RESULTS[11],
    (6, 1): Explanation("the meter speaks a later version of DLMS than 6"),
    (6, 2): Explanation(
        "the meter offers this client none of the services that were proposed",
        "this client address offers none of the services that are asked for; perhaps the meter"
        " knows objects by short names only",
    ),
    (6, 3): Explanation(
        "the meter's answers don't fit into the APDUs that this side takes",
        "raise the largest APDU that this side takes",
    ),
    (6, 4): Explanation(
        "the meter's application doesn't want this client",
        "check client_sap, authentication and password",
    ),
    (7, 1): Explanation("a step of loading came out of turn", "begin anew"),
    (7, 2): Explanation("this data set can't be loaded"),
    (7, 3): Explanation("the data set is too large"),
    (7, 4): Explanation("another segment was awaited", "begin anew"),
    (7, 5): Explanation("the meter does not understand the data set"),
    (7, 6): Explanation("the meter could not keep the data set", "try again later"),
    (7, 7): Explanation("the data set is not ready", "try again later"),
    (9, 1): Explanation("the task can't be controlled from afar"),
    (9, 2): Explanation("the task is stopped"),
    (9, 3): Explanation("the task is running"),
    (9, 4): Explanation("the task can't be used"),
}
"""Explanations of confirmed service errors, by class and value."""


def explain_result(code: int) -> Explanation:
    """Return what a data-access-result or an action-result means."""
    return RESULTS.get(code, UNKNOWN)


def explain_exception(state_error: int, service_error: int) -> Explanation:
    """Return what an exception response means: what its second code says, else its first."""
    vague = service_error in {1, 3} or service_error not in SERVICE_ERRORS
    first = STATE_ERRORS if vague else SERVICE_ERRORS
    known = first.get(state_error if vague else service_error)
    return known or SERVICE_ERRORS.get(service_error, UNKNOWN)


def explain_service_error(error_class: int, value: int) -> Explanation:
    """Return what a confirmed service error means."""
    return CONFIRMED_SERVICE_ERRORS.get((error_class, value), UNKNOWN)
