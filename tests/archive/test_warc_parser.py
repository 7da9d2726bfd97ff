"""WARC parser on whole and damaged files of any tool: whole records are read, damage is a fault with its offset."""

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import ImportFault
from archive.ingest.from_warc import _row
from archive.warc.builder import digest_fits
from archive.warc.coding import BodyError, decode
from archive.warc.http import parse_message
from archive.warc.parser import LIMIT, Record, read_warc
from support.archive import release_url
from support.warc_records import response_record, write_warc

THREE = [response_record(b"<h1>%d</h1>" % number, number=number) for number in (1, 2, 3)]


def read(path):
    """The numbers of the records that were read, and the faults."""
    found = list(read_warc(path))
    return ([int(each.record_id[-3:]) for each in found if isinstance(each, Record)],
            [str(each) for each in found if isinstance(each, ImportFault)])


@pytest.mark.parametrize("packed", [True, False])
def test_whole_files_are_read_whole(tmp_path, packed):
    path = write_warc(tmp_path / ("a.warc.gz" if packed else "a.warc"), *THREE, packed=packed)
    assert read(path) == ([1, 2, 3], [])


def test_a_file_of_one_gzip_member_is_read_whole(tmp_path):
    (tmp_path / "one.warc.gz").write_bytes(gzip.compress(b"".join(THREE)))
    assert read(tmp_path / "one.warc.gz") == ([1, 2, 3], [])


@pytest.mark.parametrize("name", ["plain.warc.gz", "packed.warc"])
def test_the_name_decides_nothing(tmp_path, name):
    assert read(write_warc(tmp_path / name, *THREE, packed=name.startswith("packed"))) == ([1, 2, 3], [])


def test_a_record_says_where_it_stands(tmp_path):
    packed = list(read_warc(write_warc(tmp_path / "a.warc.gz", *THREE)))
    sizes = [len(gzip.compress(each)) for each in THREE]
    assert [(each.offset, each.length) for each in packed] == [(sum(sizes[:n]), sizes[n]) for n in range(3)]
    plain = list(read_warc(write_warc(tmp_path / "a.warc", *THREE, packed=False)))
    assert [each.offset for each in plain] == [0, len(THREE[0]), len(THREE[0]) * 2]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"", b"\r\n" * 5])
def test_tools_end_records_in_many_ways(tmp_path, end):
    bare = [each.removesuffix(b"\r\n\r\n") + end for each in THREE[:1]]
    assert read(write_warc(tmp_path / "a.warc.gz", *bare, *THREE[1:])) == ([1, 2, 3], [])


@pytest.mark.parametrize("packed", [True, False])
def test_a_cut_file_gives_one_fault_and_what_was_before_it(tmp_path, packed):
    path = write_warc(tmp_path / "a.warc", *THREE, packed=packed)
    start = list(read_warc(path))[2].offset
    path.write_bytes(path.read_bytes()[:-40])
    numbers, [fault] = read(path)
    assert numbers == [1, 2]
    assert fault.startswith(f"{path} at offset {start}: ")
    assert "ends" in fault


def test_a_cut_file_of_one_member_gives_what_was_before_the_cut(tmp_path):
    bodies = [response_record(bytes(zlib.crc32(b"%d" % (n * k)) % 256 for k in range(9000)), number=n)
              for n in (1, 2, 3)]
    whole = gzip.compress(b"".join(bodies))
    (tmp_path / "one.warc.gz").write_bytes(whole[:-100])
    numbers, [fault] = read(tmp_path / "one.warc.gz")
    assert numbers == [1, 2]
    assert "the file ends inside this gzip member" in fault


def test_after_a_damaged_member_the_next_ones_are_read(tmp_path):
    path = write_warc(tmp_path / "a.warc.gz", *THREE)
    second = list(read_warc(path))[1]
    kept = bytearray(path.read_bytes())
    kept[second.offset + second.length // 2] ^= 0xFF
    path.write_bytes(kept)
    numbers, [fault] = read(path)
    assert numbers == [1, 3]
    assert fault.startswith(f"{path} at offset {second.offset}: this is not a whole gzip member: Error -3")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(("old", "new", "reason"), [
    (b"Content-Length: ", b"Content-Length: 99", "ends after"),
    (b"Content-Length: ", b"Content-Length: -", "no Content-Length"),
    (b"Content-Length: ", b"Content-Lenght: ", "no Content-Length"),
    (b"WARC/1.0", b"WARC/9.9", "no version of WARC that is known"),
    (b"</h1>", b"</h1>more than its length", "a WARC record should begin after this one"),
])
def test_a_record_with_a_wrong_head_is_told_and_passed_over(tmp_path, packed, old, new, reason):
    path = write_warc(tmp_path / "a.warc", THREE[0], THREE[1].replace(old, new), THREE[2], packed=packed)
    numbers, [fault] = read(path)
    assert reason in fault
    assert numbers == [1, 3]


def test_bytes_between_records_are_told_once(tmp_path):
    path = write_warc(tmp_path / "a.warc.gz", THREE[0])
    path.write_bytes(path.read_bytes() + b"garbage" * 50 + gzip.compress(THREE[1]))
    numbers, [fault] = read(path)
    assert numbers == [1, 2]
    assert "not a whole gzip member" in fault


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "is empty"),
    (b"<html><h1>a page</h1></html>", "not a WARC file, it begins with b'<html><h1>"),
    (b"\x89PNG\r\n\x1a\n" + bytes(5000), "not a WARC file, it begins with b'\\x89PNG"),
    (gzip.compress(b"a letter", mtime=0), "a WARC record should begin"),
])
def test_a_foreign_file_gives_one_fault(tmp_path, content, reason):
    (tmp_path / "x").write_bytes(content)
    numbers, [fault] = read(tmp_path / "x")
    assert numbers == []
    assert reason in fault


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "no.warc cannot be read: No such file" in read(tmp_path / "no.warc")[1][0]
    assert "cannot be read: Is a directory" in read(tmp_path)[1][0]


@pytest.mark.parametrize("packed", [True, False])
def test_a_record_that_is_too_large_is_refused_and_the_next_one_read(tmp_path, packed):
    large = response_record(bytes(LIMIT), number=2)
    numbers, [fault] = read(write_warc(tmp_path / "a.warc", THREE[0], large, THREE[2], packed=packed))
    assert numbers == [1, 3]
    assert "more than the 64 MB limit" in fault


@settings(max_examples=60)
@given(data=st.data(), packed=st.booleans())
def test_one_wrong_byte_never_ends_the_reading(tmp_path_factory, data, packed):
    path = write_warc(tmp_path_factory.mktemp("any") / "a.warc", *THREE, packed=packed)
    kept = bytearray(path.read_bytes())
    kept[data.draw(st.integers(0, len(kept) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(kept)
    found = [each for each in read_warc(path) if isinstance(each, Record)]
    assert len(found) >= 2


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_crash(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "a"
    for start in (b"", b"WARC/1.1\r\n", b"\x1f\x8b\x08\0"):
        path.write_bytes(start + data)
        assert all(isinstance(each, Record | ImportFault) for each in read_warc(path))


@given(st.binary(max_size=200))
def test_any_block_makes_a_row_or_a_fault(block):
    made = Record((("WARC-Type", "response"), ("WARC-Target-URI", release_url()),
                   ("WARC-Date", "2020-01-01T00:00:00Z")),
                  b"HTTP/1.1 200 OK\r\n" + block)
    assert _row(made, "import x").status == 200


def test_chunks_are_joined_for_readers():
    chunked = [(b"Transfer-Encoding", b"chunked")]
    assert decode(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", chunked) == b"abcde"
    assert decode(b"<h1>joined already</h1>", chunked) == b"<h1>joined already</h1>"
    both = [*chunked, (b"Content-Encoding", b"gzip")]
    packed = gzip.compress(b"abc")
    assert decode(b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed), both) == b"abc"


@pytest.mark.parametrize("body", [b"5\r\nabc", b"3\r\nabc\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"3\r\nabc\r\nzz\r\n"])
def test_cut_or_damaged_chunks_are_an_error(body):
    with pytest.raises(BodyError, match="the chunked body is cut or damaged"):
        decode(body, [(b"Transfer-Encoding", b"chunked")])


def test_a_head_may_be_folded_end_in_bare_newlines_or_be_missing():
    message = parse_message(b"HTTP/1.0 404 Not Found\nX: a\n b\nno colon\n\nbody\n\nmore")
    assert (message.status, message.header("x"), message.body) == (404, "a b", b"body\n\nmore")
    assert parse_message(b"<h1>no head</h1>").status is None


@pytest.mark.parametrize(("said", "fits"), [
    ("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", True),
    ("SHA-1:da39a3ee5e6b4b0d3255bfef95601890afd80709", True),
    ("sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", True),
    ("md5:d41d8cd98f00b204e9800998ecf8427e", True),
    ("md5:00000000000000000000000000000000", False),
    ("blake9:abc", None), ("shake_128:abc", None), ("", None), (None, None), ("nothing", None),
])
def test_digests_are_compared_in_every_form_that_tools_write(said, fits):
    assert digest_fits(said, b"") is fits
