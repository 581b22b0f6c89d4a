"""Run by Alembic: the connection, its transaction and its lock come from `easd.store.migrate`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
