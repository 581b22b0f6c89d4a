"""One module a command: the values of its request and response, and the tables that read and write them."""
