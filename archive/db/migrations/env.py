"""Alembic environment: run the migrations on the connection passed by `archive.db.migrations.upgrade`."""

from alembic import context

# The caller holds one transaction around all migrations, so that all of them are applied or none.
context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
