"""A database that refuses rows: a trigger of SQLite, a constraint of PostgreSQL."""

from sqlalchemy import text

from support.archive import Archive

RULES = {"captures": "url", "articles": "title"}
CHANGES = ("INSERT", "UPDATE")


class Refusal:
    """Makes the database refuse the rows of a table whose column in RULES contains a text."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def start(self, table: str, content: str) -> None:
        """Refuse the rows of a table that contain a text, from now on."""
        column = RULES[table]
        self._execute(
            [f"CREATE TRIGGER refusal_{change} BEFORE {change} ON {table} WHEN NEW.{column} LIKE '%{content}%' "
             "BEGIN SELECT RAISE(ABORT, 'refused by refusal'); END" for change in CHANGES],
            [f"ALTER TABLE {table} ADD CONSTRAINT refusal CHECK ({column} NOT LIKE '%{content}%') NOT VALID"])

    def stop(self, table: str) -> None:
        """Accept all rows of the table again."""
        self._execute([f"DROP TRIGGER refusal_{change}" for change in CHANGES],
                      [f"ALTER TABLE {table} DROP CONSTRAINT refusal"])

    def _execute(self, sqlite: list[str], postgresql: list[str]) -> None:
        with self.archive.store.begin() as connection:
            for each in sqlite if connection.dialect.name == "sqlite" else postgresql:
                connection.execute(text(each))
