"""The durable store: outbox, cursors."""
