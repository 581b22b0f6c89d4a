"""What a search asks for, and what of an item it looks at: words, queries and KQL, without any database."""
