"""The steps from one schema to the next, run by `easd.store.migrate`."""
