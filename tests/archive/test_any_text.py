"""What sites and WARC files say is stored, whatever it is: any length, NUL, lone surrogates; on each database alike."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from archive.db.frontier import Naming, known_releases, name_releases
from archive.db.listings import ListMemory, listing_id, save_list_memory, stored_listings
from archive.db.tables import runs
from archive.messages import message
from archive.records import Attachment, Evidence, Stamp
from archive.text import storable
from archive.urls import page_id, urlkey
from indexer.document_rows import documents_by_id, related_pages
from indexer.document_tables import relations
from indexer.documents.update import update_documents
from indexer.vocabulary.loader import load
from support.archive import NOW, FunctionReader, an_article, exchange, release_url
from support.warc_records import http_response, record, response_record, write_warc

NUL, SURROGATE, MARK = "\x00", "\ud83d", "\ufffd"
LONG = "https://www.mofcom.gov.cn/article/" + "x" * 6000


def test_headers_with_nul_are_stored(archive):
    headers = [(b"Content-Type", b"text/html\x00"), (b"ETag", b'"a\x00b"'), (b"Last-Modified", b"\x00today")]
    with archive.writer() as writer:
        writer.keep(exchange(headers=headers))
    [row] = archive.rows("captures")
    assert (row.content_type, row.etag, row.last_modified) == ("text/html" + MARK, f'"a{MARK}b"', MARK + "today")
    assert archive.counts()["articles"] == 1


def test_a_capture_that_was_recovered_has_the_same_texts(archive):
    writer = archive.writer()
    writer.keep(exchange(headers=[(b"Content-Type", b"text/html"), (b"ETag", b"\x00")], status=10**12))
    [pending] = writer.pending()
    writer._file.out.close()
    archive.writer().close()
    [row] = archive.rows("captures")
    assert (row.etag, row.status, row.record_id) == (pending.etag, pending.status, pending.record_id) == (
        MARK, 0, row.record_id)


@pytest.mark.parametrize(("said", "status"), [("99999999999", 0), ("9" * 5000, 0), ("200", 200), ("20x", None)])
def test_a_status_is_what_a_column_holds(archive, tmp_path, said, status):
    block = f"HTTP/1.1 {said} OK\r\n\r\n".encode() + b"<h1>one</h1>"
    assert archive.import_files(write_warc(tmp_path / "a.warc.gz", record("response", release_url(), block))) == (
        (1, 0), [])
    assert archive.rows("captures")[0].status == status


@pytest.mark.parametrize("digest", ["sha512:" + "A" * 104, "md9:" + "b" * 6000])
def test_a_digest_of_any_length_is_stored(archive, tmp_path, digest):
    fields = [("WARC-Payload-Digest", digest), ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical")]
    path = write_warc(tmp_path / "a.warc.gz", record("revisit", release_url(), http_response(b""), fields=fields))
    assert archive.import_files(path) == ((1, 0), [])
    assert archive.rows("captures")[0].digest == digest


def test_an_address_of_any_length_is_a_page(archive, tmp_path):
    other = LONG + "y"
    path = write_warc(tmp_path / "a.warc.gz", *(response_record(url=url, number=number)
                                                for number, url in enumerate((LONG, other, LONG), 1)))
    assert archive.import_files(path) == ((3, 0), [])
    with archive.writer() as writer:
        writer.keep(exchange(LONG, headers=[(b"ETag", b'"long"')]))
    found = archive.rows("pages")
    assert [(row.urlkey, row.public_id) for row in found] == [
        (urlkey(url), page_id(urlkey(url))) for url in (LONG, other)]
    assert [row.page_id for row in archive.rows("captures")] == [found[0].id, found[1].id, found[0].id, found[0].id]
    assert archive.store.validators(urlkey(LONG), archive.data) == ('"long"', None)
    assert archive.rows("rejects") == []


def test_a_not_modified_answer_is_linked_whatever_its_address(archive):
    with archive.writer() as writer:
        writer.keep(exchange(LONG))
        writer.keep(exchange(LONG, b"", status=304))
    first, second = archive.rows("captures")
    assert second.repeats == first.id


def test_pages_are_related_whatever_their_addresses(archive):
    first = an_article(1, url=LONG, counterpart=release_url(2))
    archive.capture(first)
    archive.capture(an_article(2, counterpart=LONG))
    update_documents(archive.store, load(), NOW)
    with archive.store.read() as connection:
        document = documents_by_id(connection, [page_id(first.urlkey)])[page_id(first.urlkey)]
        assert [each.document_id for each in related_pages(connection, document)] == [
            page_id(urlkey(release_url(2)))]
        assert {row.url for row in connection.execute(select(relations))} == {LONG, release_url(2)}


def test_a_list_of_any_address_is_one_row(archive):
    for _ in range(2):
        with archive.store.begin() as connection:
            name_releases(connection, Naming("mofcom_zh", listing_id(connection, "mofcom_zh", LONG), NOW),
                          {urlkey(LONG + "z"): LONG + "z"})
    with archive.store.read() as connection:
        assert [each.url for each in stored_listings(connection, "mofcom_zh")] == [LONG]
        assert known_releases(connection, [urlkey(LONG + "z")])[urlkey(LONG + "z")].url == LONG + "z"


def test_a_record_id_that_is_no_id_is_refused(archive, tmp_path):
    text = response_record().replace(b"<urn:uuid:00000000-0000-4000-8000-000000000001>", b"<urn:" + b"x" * 3000 + b">")
    counts, faults = archive.import_files(write_warc(tmp_path / "a.warc.gz", text, response_record(number=2)))
    assert counts == (1, 0)
    assert "the record id has 3004 characters, more than 500" in faults[0]


def test_warc_fields_with_nul_are_stored_and_known_again(archive, tmp_path):
    said = response_record(head=b"Content-Type: text/\x00html\r\nETag: \x00\r\n")
    path = write_warc(tmp_path / "a.warc.gz", said.replace(b"-000000000001>", b"-00\x00>"))
    assert archive.import_files(path) == ((1, 0), [])
    assert archive.import_files(path) == ((0, 1), [])
    [row] = archive.rows("captures")
    assert row.record_id == f"urn:uuid:00000000-0000-4000-8000-00{MARK}"
    assert row.etag == MARK


def test_a_file_name_that_is_no_utf_8_is_stored(archive, tmp_path):
    path = write_warc(tmp_path / "a\udcff.warc.gz", response_record())
    assert archive.import_files(path) == ((1, 0), [])
    assert archive.rows("captures")[0].provenance == f"import a{MARK}.warc.gz"


@pytest.mark.parametrize("odd", [NUL, SURROGATE, "\udfff\ud83d"])
def test_every_field_of_an_article_may_hold_it(archive, odd):
    text, mark = f"a{odd}b", f"a{MARK * len(odd)}b"
    evidence = (Evidence(text, message("meta", name=text)),)
    given = an_article(title=text, body=text, number=text, author=text, source_label=text, category=text,
                       published=Stamp("2020-05-08", "day", evidence), attachments=(Attachment("http://a.cn/1", text),),
                       defects=(message("text", text=text),))
    wanted = replace(given, title=mark, body=mark, number=mark, author=mark, source_label=mark, category=mark,
                     published=Stamp("2020-05-08", "day", (Evidence(mark, message("meta", name=mark)),)),
                     attachments=(Attachment("http://a.cn/1", mark),), defects=(message("text", text=mark),))
    with archive.writer(reader=FunctionReader(1, lambda capture: given)) as writer:
        writer.keep(exchange())
    [row] = archive.rows("articles")
    assert row.content_hash == wanted.content_hash()
    update_documents(archive.store, load(), NOW)
    with archive.store.read() as connection:
        [document] = documents_by_id(connection, [page_id(given.urlkey)]).values()
    assert document.article == wanted


def test_notes_of_a_run_and_reasons_may_hold_it(archive):
    run = archive.store.start_run("mofcom_en", NOW, live=True)
    archive.store.finish_run(run, NOW, "short", [message("run_stopped", error=NUL + SURROGATE)])
    with archive.store.read() as connection:
        assert connection.execute(select(runs.c.reasons)).scalar_one() == [
            {"code": "run_stopped", "error": MARK * 2}]


def test_a_key_with_it_is_looked_up_like_any_other(archive):
    assert archive.store.known_articles([f"a.cn/{NUL}", f"a.cn/{SURROGATE}"]) == set()


@pytest.mark.parametrize("odd", [NUL, SURROGATE])
def test_a_list_and_a_release_that_it_names_may_have_it_in_their_addresses(archive, odd):
    url = f"http://www.mofcom.gov.cn/article/a{odd}.shtml"
    for is_new in (True, False):
        with archive.store.begin() as connection:
            listing = listing_id(connection, "mofcom_zh", url)
            save_list_memory(connection, listing, ListMemory(anchors=(url,), fault=message("text", text=odd)))
            found = name_releases(connection, Naming("mofcom_zh", listing, NOW), {urlkey(url): url})
            assert [(key, each.is_new) for key, each in found.items()] == [(urlkey(url), is_new)]
    with archive.store.read() as connection:
        [stored] = stored_listings(connection, "mofcom_zh")
        assert stored.memory.anchors == (url.replace(odd, MARK),)
        assert list(known_releases(connection, [urlkey(url)])) == [urlkey(url)]


def test_json_with_escapes_can_be_read_in_sql(archive):
    """PostgreSQL keeps \\u0000 in JSON, and fails when it reads a value of it."""
    with archive.store.begin() as connection:
        connection.execute(insert(runs).values(source="x", started_at="", verdict="", live=True, reasons=[],
                                               counts={"a": NUL, NUL: SURROGATE}))
        assert connection.execute(select(runs.c.counts["a"].as_string())).scalar_one() == MARK


def test_what_can_be_stored_stays_what_it_is():
    data = {"a": ["公报", ("x", 1, None)], "b": {"c": "\U0001f600"}}
    assert storable(data) == data
