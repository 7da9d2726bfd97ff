"""An index is of its store's past, or made anew: whatever copies of the store are put back in between."""

import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from indexer import commands, sync
from indexer.document_tables import documents, lineage
from indexer.documents.update import update_documents
from indexer.engines.base import Checkpoint
from indexer.lineage import token_of
from indexer.query.model import Query
from indexer.query.parser import parse
from indexer.settings import IndexerSettings
from indexer.sync import rebuild, update_index, why_stale
from indexer.vocabulary.loader import load
from support.archive import NOW, Archive, add_documents, an_article, checkpoint_at, edited, reading


def rows(archive, *columns):
    with archive.store.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


def test_every_transaction_that_gives_out_revs_adds_a_row(archive, monkeypatch):
    monkeypatch.setattr("indexer.documents.update.BATCH", 2)
    captured = add_documents(archive, range(5))
    update_documents(archive.store, load(), NOW)
    assert rows(archive, lineage.c.rev) == [(2,), (4,), (5,)]
    archive.forget(captured[0])
    update_documents(archive.store, load(), NOW)
    found = rows(archive, lineage.c.rev, lineage.c.token)
    assert [rev for rev, _ in found] == [2, 4, 5, 6]
    assert {len(token) for _, token in found} == {32}
    assert len({token for _, token in found}) == 4


def test_a_rev_has_the_token_of_its_range(archive, monkeypatch):
    monkeypatch.setattr("indexer.documents.update.BATCH", 2)
    add_documents(archive, range(3))
    (_, first), (_, second) = rows(archive, lineage.c.rev, lineage.c.token)
    with archive.store.read() as connection:
        assert [token_of(connection, rev) for rev in range(5)] == ["", first, first, second, None]


def found_and_held(archive):
    """The ids that a search finds, and those of the store; both are one set in a whole archive."""
    with reading(IndexerSettings(data=archive.data)) as engine:
        found = {hit.id for hit in engine.search(Query(), limit=999).hits}
        assert engine.count() == len(found)
    return found, {name for (name,) in rows(archive, documents.c.id)}


def crawl_on_after_restore(archive):
    """The review's case: store at rev 14 copied, index at 27, the copy put back and crawled on to 52."""
    settings = IndexerSettings(data=archive.data)
    add_documents(archive, range(14))
    copy = archive.copy()
    add_documents(archive, range(14, 27))
    update_index(archive.store, settings)
    archive.restore(copy)
    for number in range(100, 138):
        archive.capture(an_article(number))


def test_an_index_of_a_future_that_was_undone_is_made_anew(archive):
    crawl_on_after_restore(archive)
    update_documents(archive.store, load(), NOW)
    assert update_index(archive.store, IndexerSettings(data=archive.data)) == 52
    found, held = found_and_held(archive)
    assert len(held) == 52
    assert found == held


def test_the_index_command_sees_it_before_it_numbers_anything(archive, monkeypatch):
    crawl_on_after_restore(archive)
    monkeypatch.setenv("GONGBAO_DATA", str(archive.data))
    asked = []

    def why(store, settings):
        with store.read() as connection:
            asked.append(sync.lineage.token_of(connection, 15))
        return why_stale(store, settings)

    monkeypatch.setattr(sync, "why_stale", why)
    result = CliRunner().invoke(commands.index, catch_exceptions=False)
    assert asked == [None]
    assert result.stderr == ("the search index is made anew: the index holds changes up to rev 27 that this store "
                             "never made: the store was restored from a copy\n")
    assert result.stdout == "index rebuilt; 38 new, 0 changed, 0 gone, rev 52\n"
    assert CliRunner().invoke(commands.index).output == "0 new, 0 changed, 0 gone, rev 52\n"


def test_an_index_that_stopped_inside_a_range_goes_on(archive):
    settings = IndexerSettings(data=archive.data)
    add_documents(archive, range(6))
    update_index(archive.store, settings)
    engine = sync.open_engine(settings, writable=True)
    engine.write((), (), checkpoint_at(archive.store, 4))
    engine.close()
    assert why_stale(archive.store, settings) is None
    assert update_index(archive.store, settings) == 2


def test_an_index_without_a_token_is_made_anew(archive):
    settings = IndexerSettings(data=archive.data)
    add_documents(archive, range(3))
    update_index(archive.store, settings)
    engine = sync.open_engine(settings, writable=True)
    engine.write((), (), Checkpoint(archive.store.uuid, 3))
    engine.close()
    assert "never made" in why_stale(archive.store, settings)


def test_where_there_is_no_index_nothing_is_stale(archive):
    assert why_stale(archive.store, IndexerSettings(data=archive.data)) is None


PAGES = st.lists(st.integers(1, 9), min_size=2, max_size=6)


class RestoredStores(RuleBasedStateMachine):
    """Captures, edits, removals, indexing that dies half-way, rebuilds, and copies of the store put back."""

    def __init__(self):
        super().__init__()
        self.folder = Path(mkdtemp(prefix="gongbao-"))
        self.archive = Archive.open(self.folder)
        self.settings = IndexerSettings(data=self.folder)
        self.copies, self.clock, self.is_indexed = [], 0, False

    def teardown(self):
        self.archive.close()
        shutil.rmtree(self.folder)

    def _later(self):
        self.clock += 1
        self.is_indexed = False
        return f"2026-01-01T00:00:00.{self.clock:06}Z"

    @initialize()
    def start(self):
        self.copies.append(self.archive.copy())

    @rule(numbers=PAGES, way=st.sampled_from(["update", "update", "rebuild", "die", "none"]))
    def crawl(self, numbers, way):
        for number in numbers:
            at = self._later()
            self.archive.capture(edited(an_article(number), title=f"Version {self.clock}"), at=at)
        update_documents(self.archive.store, load(), NOW)
        if way != "none":
            self._index(way)

    @rule(data=st.data())
    @precondition(lambda self: self.archive.rows("articles"))
    def lose_an_article(self, data):
        self._later()
        chosen = data.draw(st.sampled_from(self.archive.rows("articles")))
        self.archive.forget(chosen.capture_id)

    @rule()
    def copy(self):
        self.copies.append(self.archive.copy())

    @rule(data=st.data(), numbers=PAGES)
    def restore_and_crawl_on(self, data, numbers):
        self.archive.restore(data.draw(st.sampled_from(self.copies)))
        self.crawl(numbers, data.draw(st.sampled_from(["update", "none"])))

    def _index(self, way):
        with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
            if way == "die":
                patch.setattr("indexer.sync.BATCH", 2)
                patch.setattr("indexer.sync._write_batch", dying(sync._write_batch))
            (rebuild if way == "rebuild" else update_index)(self.archive.store, self.settings)
            self.is_indexed = True

    @invariant()
    def what_is_found_is_what_is_held(self):
        if not self.is_indexed:
            return
        found, held = found_and_held(self.archive)
        assert found == held
        with reading(self.settings) as engine:
            for article in self._newest():
                assert article.document in {hit.id for hit in engine.search(Query(parse(f'"{article.title}"'))).hits}

    def _newest(self):
        articles = {row.id: row for row in self.archive.rows("articles")}
        for name, article_id in rows(self.archive, documents.c.id, documents.c.article_id):
            yield Titled(name, articles[article_id].title)


class Titled:
    """A document's id with the title of its article."""

    def __init__(self, document, title):
        self.document, self.title = document, title


def dying(real):
    """The function; its second call is Ctrl-C."""
    calls = []

    def called(*given):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*given)

    return called


TestRestoredStores = RestoredStores.TestCase
TestRestoredStores.settings = settings(max_examples=10, stateful_step_count=12, deadline=None,
                                       suppress_health_check=list(HealthCheck))
