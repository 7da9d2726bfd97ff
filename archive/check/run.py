"""Run all checks of an archive, one after the other; what one cannot read is a fault and no reason to stop."""

from collections.abc import Iterator, Sequence

from archive.check.faults import Check, Checked, Fault
from archive.check.files import check_files
from archive.data_folder import REPAIR
from archive.db.dialects import file_damage
from archive.db.store import Store
from archive.errors import StoreError
from archive.progress import Update
from archive.settings import ArchiveSettings


def run_checks(settings: ArchiveSettings, checks: Sequence[Check], update: Update, *, deep: bool) -> Iterator[Fault]:
    """The faults of the store and of the WARC files, then those that `checks` find."""
    try:
        store = Store.open(settings, readonly=True)
    except StoreError as error:
        yield Fault.of(error)
        return
    with store:
        checked = Checked(store, settings, update, deep)
        for each in (check_store, check_files, *checks):
            try:
                yield from each(checked)
            except StoreError as error:
                yield Fault.of(error)
                return


def check_store(checked: Checked) -> Iterator[Fault]:
    """The fault that the database finds in itself, if there is one."""
    with checked.store.read() as connection:
        damage = file_damage(connection, deep=checked.deep)
    if damage:
        yield Fault(f"the store of {checked.settings.data} is damaged: {damage}", REPAIR)
