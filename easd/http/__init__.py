"""The edge: HTTP in, one call of the services, HTTP out."""
