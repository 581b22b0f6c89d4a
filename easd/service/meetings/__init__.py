"""Meetings: messages on their way into calendars and out of them, and the answers of those who are invited."""
