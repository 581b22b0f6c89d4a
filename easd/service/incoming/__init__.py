"""Mail as it comes in: whom it is for, what is decided about it, and its way into the queue."""
