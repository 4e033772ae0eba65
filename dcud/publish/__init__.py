"""Publishing: from the outbox to the broker."""
