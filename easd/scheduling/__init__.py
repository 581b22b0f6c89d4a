"""Scheduling: what meeting messages (iTIP, RFC 5546) do to calendars, and what changes of calendars tell to others.

Pure functions over `easd.model.event`: no text, no store, no clock.
"""
