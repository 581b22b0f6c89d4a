"""The sync engine: what a device knows, what has changed since, and what to tell it. Pure: no clock, no store, no wire."""
