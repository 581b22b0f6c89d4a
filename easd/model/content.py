"""What an item is: one value of one of the content classes."""

from easd.model.contact import Contact
from easd.model.email import Email
from easd.model.event import Event
from easd.model.note import Note
from easd.model.task import Task

Content = Email | Contact | Event | Task | Note
"""The typed content of an item; its type is that of the item's class."""
