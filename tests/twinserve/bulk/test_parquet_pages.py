"""What a page of Parquet unpacks to is bounded by what the page itself says, not by the footer alone."""

from __future__ import annotations

import base64
import io
import os
import struct
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyarrow.parquet import encryption

from tests.twinserve.signature.made import feature, signature
from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.options import Bounds, Options
from twinserve.bulk.reading import parquet_pages
from twinserve.bulk.reading.parquet_chunks import column_chunks
from twinserve.bulk.scoring import Scoring
from twinserve.bulk.thrift import Thrift, varint
from twinserve.bulk.version import BulkVersion
from twinserve.bulk.writing.parquet_footer import MAGIC
from twinserve.testing.fakes import FakePredictor, opened

SAID: Final = ((4, 1, 3, 6), (4, 2))
"""Where the footer says how many bytes a column, and a group of rows, unpack to."""
ROWS: Final = 150_000
TIGHT: Final = Bounds(rows=1_000, chunk=1 << 20)
ROOMY: Final = Bounds(rows=1_000, chunk=1 << 24)


@pytest.fixture(scope="module")
def version() -> BulkVersion:
    """A model of one number."""
    return BulkVersion(opened(FakePredictor(), contract=signature(feature("x"))), "7")


class Lie(Thrift):
    """A footer that says less than there is."""

    def _number(self, path: tuple[int, ...]) -> None:
        start = len(self.written)
        super()._number(path)
        if path in SAID:
            del self.written[start:]
            self.written += varint(2 * 1_000)


def table(*, lies: bool = False, **options: Any) -> bytes:
    """1.2 MB of zeros in a few hundred bytes of Parquet."""
    sink = io.BytesIO()
    whole = {"use_dictionary": False, "data_page_size": 1 << 30, "max_rows_per_page": ROWS, "compression": "zstd"}
    parquet.write_table(pa.table({"x": np.zeros(ROWS)}), sink, **{**whole, **options})
    content = sink.getvalue()
    if not lies:
        return content
    size = struct.unpack("<I", content[-8:-4])[0]
    footer = Lie(content[-8 - size : -8])
    footer.struct(())
    return content[: -8 - size] + footer.written + struct.pack("<I", len(footer.written)) + MAGIC


def rows(version: BulkVersion, body: bytes, bounds: Bounds) -> int:
    """How many of the body are answered."""
    scoring = Scoring(version, "parquet", "csv", Options(), bounds=bounds)
    scoring.feed(body)
    for _ in scoring.end():
        pass
    return scoring.rows


@pytest.mark.parametrize("lies", [False, True])
@pytest.mark.parametrize("page", ["1.0", "2.0"])
def test_a_page_that_unpacks_to_more_is_refused(version: BulkVersion, page: str, lies: bool) -> None:
    """Before it is unpacked, whatever the footer says of it."""
    body = table(lies=lies, data_page_version=page)
    assert len(body) < 4_000
    said = parquet.read_metadata(io.BytesIO(body)).row_group(0).column(0).total_uncompressed_size
    assert (said < TIGHT.chunk) is lies
    with pytest.raises(TooManyCells, match="1 MiB in a group of rows"):
        rows(version, body, TIGHT)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "none"}, {"use_dictionary": True}, {"max_rows_per_page": 1_000}]
)
def test_pages_of_honest_files_are_counted_as_the_footer_has_them(
    version: BulkVersion, options: dict[str, Any]
) -> None:
    """And their rows are answered."""
    body = table(**options)
    chunk = parquet.read_metadata(io.BytesIO(body)).row_group(0).column(0)
    with open(parquet_file(body), "rb") as file:
        (found,) = column_chunks(file, 1 << 20)
        unpacked = parquet_pages.Pages(file.fileno()).unpacked(found, 1 << 40)
    assert 0.9 * chunk.total_uncompressed_size - 100 < unpacked <= chunk.total_uncompressed_size
    assert rows(version, body, ROOMY) == ROWS


class Keys(encryption.KmsClient):  # type: ignore[misc]  # pyarrow has no types.
    """Where keys are kept; here they hide nothing."""

    def __init__(self, _connection: object) -> None:
        super().__init__()

    def wrap_key(self, key: bytes, _name: str) -> bytes:
        """As a text."""
        return base64.b64encode(key)


@pytest.mark.parametrize("is_footer_plain", [True, False])
def test_an_encrypted_file_is_told_to_be_one(version: BulkVersion, is_footer_plain: bool) -> None:
    """Whether or not its columns can be known."""
    kept = encryption.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": ["x"]}, plaintext_footer=is_footer_plain
    )
    keys = encryption.CryptoFactory(Keys).file_encryption_properties(encryption.KmsConnectionConfig(), kept)
    with pytest.raises(MalformedTable, match="is encrypted"):
        rows(version, table(encryption_properties=keys), ROOMY)


@pytest.mark.parametrize(("cut", "told"), [(slice(0, -9), "damaged, or cut off"), (slice(4, None), "no Parquet file")])
def test_a_file_without_an_end_is_no_other_file(version: BulkVersion, cut: slice, told: str) -> None:
    """One that begins as Parquet was cut off; nobody must look for the program that wrote it."""
    with pytest.raises(MalformedTable, match=told):
        rows(version, table()[cut] + b"rest", ROOMY)


def parquet_file(body: bytes) -> int:
    """The descriptor of a file with this content, which nothing else names."""
    descriptor = os.memfd_create("body")
    os.write(descriptor, body)
    return descriptor


def test_a_file_of_more_pages_than_anybody_looks_at_is_refused(
    version: BulkVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "MOST", 100)
    assert rows(version, table(max_rows_per_page=10_000), ROOMY) == ROWS
    with pytest.raises(TooManyCells, match="100 pages at most"):
        rows(version, table(max_rows_per_page=1_000), ROOMY)


@pytest.mark.parametrize(
    "head",
    [
        b"\x15\x00\x15\x10\x15\x10\x00",  # Each number once: type 0, and 8 bytes, packed in 8.
        b"\x15\x00\x15\x10\x15\x10\x05\x04\x10\x00",  # The second one twice.
        b"\x15\x00\x15\x10\x15\x10\x06\x84\x80\x08\x10\x00",  # As 65,538, of which 16 bits are 2.
        b"\x15\x00\x16\x10\x15\x10\x00",  # As one of 64 bits, which is left out.
        b"\x15\x00\x15\x10\x15\x80\x80\x80\x80\x10\x00",  # Of which 32 bits are 0.
        b"\x15\x00\x15\x0f\x15\x10\x00",  # Below 0.
        b"\x15\x00\x15\x10\x15\x10\x19\x15\x02\x00",  # With a list.
        b"\x15\x00\x15\x10\x00",  # Without the last one.
    ],
)
def test_a_header_that_another_reader_may_read_otherwise_is_none(head: bytes) -> None:
    """Of all these the first is one."""
    pages = parquet_pages.Pages(parquet_file(head + bytes(300)))
    if head == b"\x15\x00\x15\x10\x15\x10\x00":
        assert pages._head(0) == (7, {(1,): 0, (2,): 8, (3,): 8})
    else:
        with pytest.raises(MalformedTable):
            pages._head(0)


def test_a_damaged_page_is_told(version: BulkVersion) -> None:
    """Nothing is read behind the end of a header."""
    body = bytearray(table())
    for damage in (b"\xff" * 40, b"\x00" * 40, b"\x1c" * 40, b"\x19\xff\xff\xff\xff\xff" + b"\xff" * 34):
        body[4:44] = damage
        with pytest.raises(MalformedTable, match="damaged"):
            rows(version, bytes(body), ROOMY)
