"""What Alembic runs: the steps, on the connection that `archive.db.migrations.running` hands over."""

from alembic import context

# One transaction around all steps is held by the caller: a migration happens as a whole or not at all.
context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
