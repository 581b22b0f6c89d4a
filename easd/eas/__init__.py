"""The protocol, sans-IO: versions, statuses, requests and responses, the tables of commands and items."""
