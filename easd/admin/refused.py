"""The one exception by which administration says no."""


class Refused(Exception):
    """What was asked cannot be done. The text is for the person who asked: one line a fault, without secrets."""
