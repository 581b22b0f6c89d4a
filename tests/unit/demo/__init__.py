"""Tests of the demonstration's content and of what reads it."""
