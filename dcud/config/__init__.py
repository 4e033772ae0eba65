"""Configuration: its model, its loading, its key files."""
