"""One use case a command: typed request in, typed response out."""
