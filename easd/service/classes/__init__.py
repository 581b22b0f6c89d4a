"""The content classes as the commands meet them: how each shows its items, and what a device may write to them."""
