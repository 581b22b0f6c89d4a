"""What the organisation demands of devices, decided without a server."""
