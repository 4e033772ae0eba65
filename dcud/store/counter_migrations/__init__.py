"""The counters' database, step by step."""
