"""What is to last until it is published, as messages for the outbox."""

from dcud.notice import Notice
from dcud.publish.event_payload import Event, event_payload
from dcud.publish.notice_payload import notice_payload
from dcud.publish.payload import reading_payload
from dcud.publish.rendering import MessageKind
from dcud.publish.topics import Topics
from dcud.reading import Reading
from dcud.store.rows import OutboxMessage


def reading_message(reading: Reading, gateway: str) -> OutboxMessage:
    """Return a reading as it is to be stored and published."""
    return OutboxMessage(
        message_id=str(reading.message_id(gateway)),
        topic=Topics(gateway).reading(reading.meter, reading.job),
        payload=reading_payload(reading, gateway),
        kind=MessageKind.READING,
        meter=reading.meter,
    )


def event_message(event: Event, gateway: str) -> OutboxMessage:
    """Return an event as it is to be stored and published."""
    topics = Topics(gateway)
    return OutboxMessage(
        message_id=str(event.message_id(gateway)),
        topic=topics.meter_event(event.meter) if event.meter else topics.gateway_event(),
        payload=event_payload(event, gateway),
        kind=MessageKind.EVENT,
        meter=event.meter,
    )


def notice_message(notice: Notice, gateway: str) -> OutboxMessage:
    """Return a notice as it is to be stored and published."""
    return OutboxMessage(
        message_id=str(notice.message_id(gateway)),
        topic=Topics(gateway).notification(notice.meter),
        payload=notice_payload(notice, gateway),
        kind=MessageKind.NOTIFICATION,
        meter=notice.meter,
    )
