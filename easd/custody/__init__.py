"""Who keeps the master keys under which content is encrypted: a file, or AWS KMS (`easd.service.ports.master_keys`)."""
