from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.image_transfer import (
    ImageAttribute,
    ImageBlock,
    ImageInitiation,
    ImageMethod,
    ImageToActivate,
    blocks_status_data,
    enabled_data,
    images_data,
    number_data,
    status_data,
)
from dcud.cosem.image_update import (
    Call,
    ImageAbortedError,
    ImageActivationError,
    ImageBlockSizeError,
    ImageIncompleteError,
    ImageOutcome,
    ImagePatience,
    ImageTimeoutError,
    ImageTransferDisabledError,
    ImageUpdate,
    ImageUpdateError,
    ImageVerificationError,
    Progress,
    Read,
    Reply,
    Step,
    Wait,
)
from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.data import BitString, Data

IMAGE = bytes(range(10))
REFUSED = DataAccessResult.READ_WRITE_DENIED
UPDATE = ImageUpdate(
    image=IMAGE,
    identifier=b"FW42",
    patience=ImagePatience(rounds=2, polls=2, poll_seconds=7.5),
)
OURS = ImageToActivate(size=10, identification=b"FW42", signature=b"SIG")


@dataclass
class Meter:
    """A meter that does as it is told, but for what a test changes."""

    block_size: int = 4
    enabled: bool = True
    status: int = 0
    bitmap: bool = True
    images: tuple[ImageToActivate, ...] | None = (OURS,)
    lost: list[int] = field(default_factory=list)
    results: dict[int, Reply] = field(default_factory=dict)
    after_verify: list[int | None] = field(default_factory=lambda: [3])
    after_activate: list[int | None] = field(default_factory=lambda: [6])
    blocks: dict[int, bytes] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    script: list[int | None] = field(default_factory=list)

    def reply(self, step: Step) -> Reply:
        if isinstance(step, Read):
            return self.read(ImageAttribute(step.attribute.attribute))
        if isinstance(step, Call):
            return self.call(ImageMethod(step.method.method), step.parameter)
        self.done.append(f"wait {step.seconds}" if isinstance(step, Wait) else str(step.done))
        assert not isinstance(step, Progress) or step.total == 3
        return None

    def read(self, attribute: ImageAttribute) -> Reply:
        total = -(-10 // self.block_size) if self.block_size else 0
        missing = [number for number in range(total) if number not in self.blocks]
        bits = "".join("01"[number in self.blocks] for number in range(total))
        if attribute is ImageAttribute.TRANSFER_STATUS:
            if self.script:
                told = self.script.pop(0)
                return None if told is None else status_data(told)
            return status_data(self.status)
        values: dict[ImageAttribute, Reply] = {
            ImageAttribute.TRANSFER_ENABLED: enabled_data(enabled=self.enabled),
            ImageAttribute.BLOCK_SIZE: number_data(self.block_size),
            ImageAttribute.TRANSFERRED_BLOCKS_STATUS: blocks_status_data(BitString.from_text(bits))
            if self.bitmap
            else REFUSED,
            ImageAttribute.FIRST_NOT_TRANSFERRED_BLOCK_NUMBER: number_data(
                missing[0] if missing else total
            ),
            ImageAttribute.TO_ACTIVATE_INFO: REFUSED
            if self.images is None
            else images_data(self.images),
        }
        return values[attribute]

    def call(self, method: ImageMethod, parameter: Data) -> Reply:
        self.done.append(method.name)
        if method is ImageMethod.TRANSFER_INITIATE:
            assert ImageInitiation.from_data(parameter) == UPDATE.initiation
        elif method is ImageMethod.BLOCK_TRANSFER:
            block = ImageBlock.from_data(parameter)
            if block.number in self.lost:
                self.lost.remove(block.number)
                return ActionResult.TEMPORARY_FAILURE
            if method not in self.results:
                self.blocks[block.number] = block.octets
        else:
            verify = method is ImageMethod.VERIFY
            self.script = list(self.after_verify if verify else self.after_activate)
        return self.results.get(method, ActionResult.SUCCESS)


def run(meter: Meter, update: ImageUpdate = UPDATE, *, activate: bool = False) -> ImageOutcome:
    steps = update.steps(activate=activate)
    reply: Reply = None
    while True:
        try:
            step = steps.send(reply)
        except StopIteration as end:
            outcome = end.value
            assert isinstance(outcome, ImageOutcome)
            return outcome
        reply = meter.reply(step)


def test_the_whole_procedure() -> None:
    meter = Meter()
    assert run(meter) is ImageOutcome.VERIFIED
    assert meter.blocks == {0: IMAGE[:4], 1: IMAGE[4:8], 2: IMAGE[8:]}
    block = "BLOCK_TRANSFER"
    sent = ["0", block, "1", block, "2", block, "3", "3"]
    assert meter.done == ["TRANSFER_INITIATE", *sent, "VERIFY"]


def test_activation_only_when_asked_for() -> None:
    meter = Meter()
    assert run(meter, activate=True) is ImageOutcome.ACTIVATED
    assert meter.done[-2:] == ["VERIFY", "ACTIVATE"]


def test_missing_blocks_are_sent_again() -> None:
    meter = Meter(lost=[1])
    assert run(meter) is ImageOutcome.VERIFIED
    assert meter.blocks[1] == IMAGE[4:8]
    assert meter.done.count("BLOCK_TRANSFER") == 4


def test_the_first_missing_block_serves_where_there_is_no_bitmap() -> None:
    meter = Meter(lost=[1], bitmap=False)
    assert run(meter) is ImageOutcome.VERIFIED
    assert meter.done.count("BLOCK_TRANSFER") == 5


def test_the_first_missing_block_serves_where_the_bitmap_is_too_short() -> None:
    class Short(Meter):
        def read(self, attribute: ImageAttribute) -> Reply:
            if attribute is ImageAttribute.TRANSFERRED_BLOCKS_STATUS:
                return blocks_status_data(BitString.from_text("11"))
            return super().read(attribute)

    meter = Short(lost=[2])
    assert run(meter) is ImageOutcome.VERIFIED
    assert meter.blocks[2] == IMAGE[8:]


def test_rounds_have_an_end() -> None:
    with pytest.raises(ImageIncompleteError, match=r"misses 1 of 3 .* block 2; try again"):
        run(Meter(lost=[2, 2]))


@pytest.mark.parametrize(
    ("update", "images"),
    [(UPDATE, (OURS,)), (replace(UPDATE, begun=UPDATE.initiation), None)],
)
def test_the_same_transfer_is_gone_on_with(
    update: ImageUpdate, images: tuple[ImageToActivate, ...] | None
) -> None:
    meter = Meter(status=1, blocks={0: IMAGE[:4], 2: IMAGE[8:]}, images=images)
    steps = update.steps()
    reply: Reply = None
    while not meter.done or meter.done[-1] != "VERIFY":
        reply = meter.reply(steps.send(reply))
    assert meter.done == ["2", "BLOCK_TRANSFER", "3", "3", "VERIFY"]
    assert meter.blocks[1] == IMAGE[4:8]


def test_with_all_blocks_there_only_verification_is_left() -> None:
    meter = Meter(status=1, blocks={0: b"", 1: b"", 2: b""})
    assert run(meter) is ImageOutcome.VERIFIED
    assert meter.done == ["3", "VERIFY"]


@pytest.mark.parametrize(
    ("update", "images"),
    [
        (replace(UPDATE, begun=ImageInitiation(identifier=b"FW41", size=10)), (OURS,)),
        (UPDATE, (replace(OURS, size=11),)),
        (UPDATE, (replace(OURS, identification=b"FW41"),)),
        (UPDATE, None),
    ],
)
def test_another_transfer_is_begun_anew(
    update: ImageUpdate, images: tuple[ImageToActivate, ...] | None
) -> None:
    meter = Meter(status=1, images=images, results={ImageMethod.TRANSFER_INITIATE: REFUSED})
    with pytest.raises(ImageAbortedError, match="image_transfer_initiate"):
        run(meter, update)


def test_verification_is_waited_for() -> None:
    results: dict[int, Reply] = {ImageMethod.VERIFY: ActionResult.TEMPORARY_FAILURE}
    meter = Meter(results=results, after_verify=[2, 3])
    assert run(meter) is ImageOutcome.VERIFIED
    assert meter.done[-2:] == ["VERIFY", "wait 7.5"]


def test_a_meter_that_restarts_is_waited_for() -> None:
    meter = Meter(results={ImageMethod.ACTIVATE: None}, after_activate=[None, None, 6])
    assert run(meter, activate=True) is ImageOutcome.ACTIVATED
    assert meter.done[-2:] == ["ACTIVATE", "wait 7.5"]


def test_a_call_that_the_meter_has_not_heard_is_made_again() -> None:
    meter = Meter(results={ImageMethod.VERIFY: None}, after_verify=[1, 3])
    assert run(meter) is ImageOutcome.VERIFIED
    assert meter.done[-3:] == ["VERIFY", "VERIFY", "wait 7.5"]


def test_a_call_that_it_has_heard_is_not() -> None:
    meter = Meter(results={ImageMethod.VERIFY: None}, after_verify=[2, 3])
    assert run(meter) is ImageOutcome.VERIFIED
    assert meter.done[-2:] == ["3", "VERIFY"]


def test_a_meter_that_forgot_its_activation_is_told_of() -> None:
    assert run(Meter(after_activate=[0]), activate=True) is ImageOutcome.ACTIVATION_UNTOLD


@pytest.mark.parametrize(
    ("meter", "error"),
    [
        (Meter(enabled=False), ImageTransferDisabledError),
        (Meter(block_size=0), ImageBlockSizeError),
        (Meter(results={ImageMethod.TRANSFER_INITIATE: None}), ImageAbortedError),
        (
            Meter(results={ImageMethod.BLOCK_TRANSFER: ActionResult.LONG_ACTION_ABORTED}),
            ImageAbortedError,
        ),
        (
            Meter(results={ImageMethod.VERIFY: ActionResult.OTHER_REASON}),
            ImageVerificationError,
        ),
        (Meter(after_verify=[4]), ImageVerificationError),
        (Meter(after_verify=[0]), ImageAbortedError),
        (Meter(after_verify=[99]), ImageAbortedError),
        (Meter(after_verify=[2, 2, 2]), ImageTimeoutError),
        (Meter(images=()), ImageVerificationError),
        (Meter(images=(replace(OURS, size=9),)), ImageVerificationError),
        (Meter(images=None), ImageAbortedError),
        (
            Meter(results={ImageMethod.ACTIVATE: ActionResult.READ_WRITE_DENIED}),
            ImageActivationError,
        ),
        (Meter(after_activate=[7]), ImageActivationError),
        (Meter(after_activate=[1]), ImageAbortedError),
    ],
)
def test_what_ends_an_update_has_a_name_and_a_remedy(
    meter: Meter, error: type[ImageUpdateError]
) -> None:
    with pytest.raises(error) as caught:
        run(meter, activate=True)
    assert caught.value.remedy
    assert ("ACTIVATE" in meter.done) is bool(
        meter.after_activate != [6] or ImageMethod.ACTIVATE in meter.results
    )


@pytest.mark.parametrize("signature", [b"SIG", None])
def test_the_right_signature_or_any(signature: bytes | None) -> None:
    assert run(Meter(), replace(UPDATE, signature=signature)) is ImageOutcome.VERIFIED


def test_a_wrong_signature_is_never_activated() -> None:
    meter = Meter()
    with pytest.raises(ImageVerificationError, match="signature"):
        run(meter, replace(UPDATE, signature=b"FORGED"), activate=True)
    assert "ACTIVATE" not in meter.done


def test_an_empty_image_is_refused_before_the_meter_is_told() -> None:
    meter = Meter()
    with pytest.raises(ImageBlockSizeError):
        run(meter, replace(UPDATE, image=b""))
    assert meter.done == []


@given(st.lists(st.integers(0, 2), max_size=1), st.booleans())
def test_whatever_is_lost_the_image_arrives_whole(lost: list[int], bitmap: bool) -> None:  # noqa: FBT001  # drawn by hypothesis
    meter = Meter(lost=lost, bitmap=bitmap)
    assert run(meter) is ImageOutcome.VERIFIED
    assert b"".join(meter.blocks[number] for number in range(3)) == IMAGE
