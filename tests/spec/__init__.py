"""Which requirement of the specifications is guarded by which test, and why the others are not."""
