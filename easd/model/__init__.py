"""The domain as frozen dataclasses and pure rules. Imports the standard library only."""
