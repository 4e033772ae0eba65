"""The composition root: builds the daemon from its configuration."""
