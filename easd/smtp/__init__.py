"""Mail by SMTP, to and from other servers."""
