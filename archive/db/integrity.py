"""Integrity of the database file itself."""

from archive.db.dialects import is_sqlite
from archive.db.store import Store


def store_damage(store: Store, *, deep: bool) -> str | None:
    """What the database finds wrong with itself, None if nothing; PostgreSQL checks its pages as it reads them.

    `deep` also compares indexes with tables.
    """
    if not is_sqlite(store.engine.url):
        return None
    with store.read() as connection:
        found = connection.exec_driver_sql(f"PRAGMA {'integrity_check' if deep else 'quick_check'}(1)").scalar()
    return None if found == "ok" else str(found)
