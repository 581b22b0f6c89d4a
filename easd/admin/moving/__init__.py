"""Mailboxes that move in from elsewhere, whole and more than once."""
