"""Wake whoever waits for a mailbox: within the process, and across processes."""
