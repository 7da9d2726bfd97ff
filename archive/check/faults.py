"""A fault that a check finds, with the command that mends it; the signature of all checks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archive.data_folder import REPAIR
from archive.db.store import Store
from archive.errors import GongbaoError
from archive.progress import Update
from archive.settings import ArchiveSettings

INDEX = "run `gongbao index`"
REBUILD = "run `gongbao index --rebuild`"
FROM_FILES = "run `gongbao index --from-files`"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: a sentence without its end, and the next step."""

    text: str
    mend: str

    @classmethod
    def of(cls, error: GongbaoError) -> "Fault":
        """Fault of an error, whose sentence ends with the next step; of one without, what helps after damage."""
        text, _, mend = str(error).partition("; ")
        return cls(text, mend or REPAIR)

    def __str__(self) -> str:
        return " ".join(f"{self.text}; {self.mend}".split())


@dataclass(frozen=True, slots=True)
class Checked:
    """The archive that is checked. `deep` checks read every record."""

    store: Store
    settings: ArchiveSettings
    update: Update
    deep: bool


Check = Callable[[Checked], Iterator[Fault]]
