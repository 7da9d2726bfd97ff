"""Documents: seq and rev, causes of change, relations, tombstones."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from archive.records import UNDATED, Stamp
from archive.urls import page_id, urlkey
from crawler.reader import READER_VERSION
from indexer.document_rows import changes_after, documents_by_id, last_rev, related_pages
from indexer.document_tables import documents, relations, tombstones
from indexer.documents.document import details_hash, is_original, to_document
from indexer.documents.page_changes import write_documents
from indexer.documents.relations import relations_of
from indexer.documents.update import UpdateCounts, update_documents
from indexer.errors import IndexerError
from indexer.vocabulary.loader import load
from support.archive import NOW, an_article, edited, release_url

CAMCE = "http://www.camce.com.cn/en/enNews/enGN/202009/t20200922_253777.htm"
CLONE = "https://www.sino-chart.com/en/enNews/enGN/202009/t20200922_253777.htm"


def update(archive, vocabulary=None):
    return update_documents(archive.store, vocabulary or load(), NOW)


def stored(archive, article):
    name = page_id(article.urlkey)
    with archive.store.read() as connection:
        return documents_by_id(connection, [name]).get(name)


def rows(archive, table):
    with archive.store.read() as connection:
        return connection.execute(select(table)).all()


# --- what a document is made of


def test_a_new_article_becomes_a_document_with_its_tags_and_times(archive):
    article = an_article(title="MOFCOM on RCEP")
    capture = archive.capture(article, at="2026-02-03T04:05:06Z")
    assert update(archive) == UpdateCounts(new=1, rev=1)
    found = stored(archive, article)
    assert (found.seq, found.rev, found.cause, found.capture_id) == (1, 1, "new", capture)
    assert (found.added_at, found.changed_at, found.fetched_at) == (
        "2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z", "2026-02-03T04:05:06Z")
    assert found.article == article
    assert ([each.id for each in found.organizations], [each.id for each in found.topics]) == (
        ["mofcom"], ["rcep", "free-trade-agreements"])


def test_asked_for_ids_come_in_the_order_asked_and_unknown_ones_not_at_all(archive):
    made = [an_article(number) for number in (1, 2, 3)]
    for each in made:
        archive.capture(each)
    update(archive)
    wanted = [page_id(made[2].urlkey), "0" * 16, page_id(made[0].urlkey)]
    with archive.store.read() as connection:
        assert list(documents_by_id(connection, wanted)) == [wanted[0], wanted[2]]
        assert connection.scalar(select(func.count()).select_from(documents)) == 3


@pytest.mark.parametrize(("stamp", "first", "last", "month_known", "minute"), [
    (Stamp("2025-09-26T17:34+08:00", "minute"), date(2025, 9, 26), date(2025, 9, 26), True, 17 * 60 + 34),
    (Stamp("2024-02-29", "day"), date(2024, 2, 29), date(2024, 2, 29), True, None),
    (Stamp("2015-10", "month"), date(2015, 10, 1), date(2015, 10, 31), True, None),
    (Stamp("2015", "year"), date(2015, 1, 1), date(2015, 12, 31), False, None),
    (UNDATED, None, None, False, None)])
def test_the_days_of_a_document_are_as_exact_as_the_page(archive, stamp, first, last, month_known, minute):
    article = an_article(published=stamp)
    archive.capture(article)
    update(archive)
    made = to_document(stored(archive, article))
    assert (made.first_day, made.last_day, made.month_known, made.minute) == (first, last, month_known, minute)


@pytest.mark.parametrize(("article", "expected"), [
    (an_article(), True),
    (an_article(url="http://big5.mofcom.gov.cn/gate/big5/english.mofcom.gov.cn/article/a/202001/1.shtml"), True),
    (an_article(url="https://www.sino-chart.com/a", source="camce"), False),
    (an_article(url=CLONE, source="camce", clone_of=CAMCE), False),
    (an_article(url=CAMCE, source="camce"), True),
    (an_article(url="http://resources.made-in-china.com/article/a/abcdefghijkl/x/", source="made_in_china"), False),
    (an_article(source="forgotten"), False)])
def test_only_a_source_s_own_hosts_are_original(article, expected):
    assert is_original(article) is expected


def test_details_are_all_fields_and_the_content_is_not():
    article = an_article()
    other = edited(article, category="Press")
    assert other.content_hash() == article.content_hash()
    assert details_hash(other) != details_hash(article)


# --- numbers


def test_new_documents_are_numbered_by_capture_time_then_page(archive):
    late, early, same = an_article(1), an_article(2), an_article(3)
    archive.capture(late, at="2026-03-01T00:00:00Z")
    archive.capture(early, at="2026-01-01T00:00:00Z")
    archive.capture(same, at="2026-03-01T00:00:00Z")
    update(archive)
    assert [stored(archive, each).seq for each in (early, late, same)] == [1, 2, 3]


def test_a_second_run_without_news_changes_nothing(archive):
    archive.capture(an_article())
    update(archive)
    before = rows(archive, documents)
    assert update(archive) == UpdateCounts(rev=1)
    assert rows(archive, documents) == before


def test_more_pages_than_one_transaction_holds_are_all_numbered_once(archive, monkeypatch):
    monkeypatch.setattr("indexer.documents.update.BATCH", 5)
    for number in range(12):
        archive.capture(an_article(number))
    assert update(archive) == UpdateCounts(new=12, rev=12)
    assert sorted(row.seq for row in rows(archive, documents)) == list(range(1, 13))
    assert [row.seq for row in rows(archive, documents)] == [row.rev for row in rows(archive, documents)]


def test_a_run_that_was_cut_off_goes_on_and_gives_no_number_twice(archive, monkeypatch):
    for number in range(6):
        archive.capture(an_article(number))
    monkeypatch.setattr("indexer.documents.update.BATCH", 2)
    batches = iter([write_documents, write_documents, cut_off])
    monkeypatch.setattr("indexer.documents.update.write_documents", lambda *given: next(batches)(*given))
    with pytest.raises(KeyboardInterrupt):
        update(archive)
    monkeypatch.undo()
    archive.capture(an_article(9))
    assert update(archive) == UpdateCounts(new=3, rev=7)
    assert sorted(row.seq for row in rows(archive, documents)) == list(range(1, 8))


def test_a_transaction_that_was_cut_off_leaves_nothing_behind(archive, monkeypatch):
    archive.capture(an_article(counterpart="http://www.mofcom.gov.cn/a"))
    monkeypatch.setattr("indexer.documents.page_changes._replace_relations", cut_off)
    with pytest.raises(KeyboardInterrupt):
        update(archive)
    assert rows(archive, documents) == []
    monkeypatch.undo()
    assert update(archive) == UpdateCounts(new=1, rev=1)


def cut_off(*_):
    raise KeyboardInterrupt


# --- changes and their causes


def test_the_newest_capture_counts_even_where_an_older_one_is_imported_later(archive):
    article = an_article()
    archive.capture(article, at="2026-02-01T00:00:00Z")
    update(archive)
    archive.capture(edited(article, title="As it was in 2019"), at="2019-01-01T00:00:00Z")
    assert update(archive) == UpdateCounts(rev=1)
    assert stored(archive, article).title == article.title


def test_another_text_in_a_later_capture_is_a_change_at_the_source(archive):
    article = an_article()
    archive.capture(article)
    update(archive)
    archive.capture(edited(article, body="A new paragraph."), at="2026-06-01T00:00:00Z")
    assert update(archive) == UpdateCounts(changed=1, rev=2)
    found = stored(archive, article)
    assert (found.seq, found.rev, found.cause, found.body) == (1, 2, "source changed", "A new paragraph.")


def test_the_same_text_in_a_later_capture_is_no_change(archive):
    article = an_article()
    archive.capture(article)
    update(archive)
    later = archive.capture(edited(article, layout="G3"), at="2026-06-01T00:00:00Z")
    assert update(archive) == UpdateCounts(rev=1)
    found = stored(archive, article)
    assert (found.rev, found.capture_id, found.article.layout) == (1, later, "G3")


def test_a_better_reader_of_the_same_capture_is_no_change_at_the_source(archive):
    article = an_article()
    capture = archive.capture(article)
    update(archive)
    archive.read(capture, edited(article, body="MOFCOM met the press. And more."), reader=READER_VERSION + 1)
    assert update(archive) == UpdateCounts(changed=1, rev=2)
    assert stored(archive, article).cause == "reader improved"


def test_a_better_reader_that_finds_another_field_gives_a_new_rev(archive):
    article = an_article()
    capture = archive.capture(article)
    update(archive)
    archive.read(capture, edited(article, category="Press"), reader=READER_VERSION + 1)
    assert update(archive) == UpdateCounts(changed=1, rev=2)
    assert stored(archive, article).cause == "reader improved"


def test_a_better_reader_that_reads_the_same_gives_no_rev(archive):
    article = an_article()
    capture = archive.capture(article)
    update(archive)
    archive.read(capture, article, reader=READER_VERSION + 1)
    assert update(archive) == UpdateCounts(rev=1)
    assert stored(archive, article).article == article


def test_an_edit_read_by_a_better_reader_is_seen_once_it_has_read_both_captures(archive):
    article = an_article()
    first = archive.capture(article)
    update(archive)
    archive.read(first, edited(article, body="Old, read better."), reader=READER_VERSION + 1)
    archive.capture(edited(article, body="New, read better."), at="2026-06-01T00:00:00Z", reader=READER_VERSION + 1)
    update(archive)
    assert stored(archive, article).cause == "source changed"


def test_without_a_common_reader_a_difference_is_never_called_an_edit(archive):
    article = an_article()
    archive.capture(article)
    update(archive)
    archive.capture(edited(article, body="Read by another reader."), at="2026-06-01T00:00:00Z",
                    reader=READER_VERSION + 1)
    update(archive)
    assert stored(archive, article).cause == "reader improved"


def test_another_vocabulary_tags_every_document_anew_and_changes_those_whose_tags_differ(archive):
    named, nameless = an_article(1, body="They spoke of tariffs."), an_article(2, body="Nothing is named.")
    archive.capture(named)
    archive.capture(nameless)
    update(archive)
    fewer = replace(load(), digest="other", topics={})
    assert update(archive, fewer) == UpdateCounts(changed=1, rev=3)
    assert stored(archive, named).cause == "vocabulary"
    assert stored(archive, named).topics == ()
    assert stored(archive, nameless).rev == 2
    assert update(archive, fewer) == UpdateCounts(rev=3)


# --- gone, and back


def test_a_page_without_readable_article_leaves_a_tombstone(archive):
    article = an_article(counterpart="http://www.mofcom.gov.cn/a")
    capture = archive.capture(article)
    update(archive)
    archive.forget(capture)
    assert update(archive) == UpdateCounts(gone=1, rev=2)
    assert (rows(archive, documents), rows(archive, relations)) == ([], [])
    (buried,) = rows(archive, tombstones)
    assert (buried.id, buried.rev, buried.seq) == (page_id(article.urlkey), 2, 1)
    with archive.store.read() as connection:
        assert [(each.rev, each.document) for each in changes_after(connection, 0, 9)] == [(2, None)]


def test_an_older_readable_capture_stands_in_for_one_that_became_unreadable(archive):
    article = an_article()
    archive.capture(edited(article, title="Older"), at="2025-01-01T00:00:00Z")
    newest = archive.capture(article)
    update(archive)
    archive.forget(newest)
    assert update(archive) == UpdateCounts(changed=1, rev=2)
    assert stored(archive, article).title == "Older"


def test_a_document_that_comes_back_keeps_its_seq(archive):
    article = an_article()
    capture = archive.capture(article)
    update(archive)
    archive.forget(capture)
    archive.capture(an_article(2))
    update(archive)
    archive.read(capture, article)
    assert update(archive) == UpdateCounts(new=1, rev=4)
    assert (stored(archive, article).seq, stored(archive, article).rev) == (1, 4)
    assert rows(archive, tombstones) == []


def test_changes_come_in_order_of_rev_in_pieces(archive):
    captures = [archive.capture(an_article(number)) for number in range(4)]
    update(archive)
    archive.forget(captures[1])
    update(archive)
    with archive.store.read() as connection:
        first, second = changes_after(connection, 0, 2), changes_after(connection, 3, 2)
        assert [each.rev for each in (*first, *second)] == [1, 3, 4, 5]
        assert (second[1].document, last_rev(connection)) == (None, 5)


# --- relations


def test_relations_have_their_evidence_and_never_point_to_the_page_itself():
    here = release_url(1)
    article = an_article(counterpart=here, clone_of=None, cites=(release_url(2), "http://example.org/x"))
    assert [(each.kind, each.url) for each in relations_of(article)] == [
        ("republished from", release_url(2))]
    (copied,) = relations_of(an_article(url=CLONE, source="camce", clone_of=CAMCE))
    assert (copied.kind, copied.urlkey) == ("clone of", urlkey(CAMCE))
    assert copied.evidence == "www.sino-chart.com → www.camce.com.cn"


def test_a_pair_that_names_each_other_is_related_once_from_either_side(archive):
    first = an_article(1, counterpart=release_url(2))
    second = an_article(2, counterpart=first.url)
    archive.capture(first)
    archive.capture(second)
    update(archive)
    with archive.store.read() as connection:
        (found,) = related_pages(connection, stored(archive, first))
    assert (found.kind, found.outgoing, found.document_id, found.title) == (
        "counterpart", True, page_id(second.urlkey), "Release 2")


def test_an_original_knows_its_copies_and_a_copy_an_original_that_is_not_held(archive):
    original, clone = an_article(url=CAMCE, source="camce"), an_article(url=CLONE, source="camce", clone_of=CAMCE)
    archive.capture(clone)
    update(archive)
    with archive.store.read() as connection:
        (found,) = related_pages(connection, stored(archive, clone))
    assert (found.url, found.document_id, found.title) == (CAMCE, None, None)
    archive.capture(original)
    update(archive)
    with archive.store.read() as connection:
        (found,) = related_pages(connection, stored(archive, original))
    assert (found.kind, found.outgoing, found.url, found.document_id) == (
        "clone of", False, CLONE, page_id(clone.urlkey))


def test_a_relation_that_the_page_took_back_is_gone(archive):
    article = an_article(counterpart=release_url(2))
    archive.capture(article)
    update(archive)
    archive.capture(edited(article, counterpart=None), at="2026-06-01T00:00:00Z")
    update(archive)
    assert rows(archive, relations) == []


def test_all_indexer_errors_are_of_one_tree():
    from indexer.sync import RefusedError, StaleIndexError

    assert issubclass(RefusedError, IndexerError)
    assert issubclass(StaleIndexError, IndexerError)
