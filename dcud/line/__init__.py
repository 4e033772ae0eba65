"""Lines: ports and buses, each bus owned by one task."""
