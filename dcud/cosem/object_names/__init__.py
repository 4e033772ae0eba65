"""Rules that name OBIS codes, a module per medium."""
