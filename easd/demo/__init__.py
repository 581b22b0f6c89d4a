"""The demonstration: an organisation of invented people whose mailboxes are filled from the checkout's `fixtures/`."""
