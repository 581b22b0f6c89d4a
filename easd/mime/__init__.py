"""RFC 5322 messages: bytes to `easd.model.email` values and back. Pure: no clock, no store, no socket."""
