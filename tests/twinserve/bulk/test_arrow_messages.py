"""Arrow streams in pieces, whole and broken."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.reading.arrow_messages import Batches

TABLE = pa.table(
    {
        "number": pa.array([1.5, None, 3.0] * 5),
        "text": pa.array(["a", "bb", None] * 5),
        "coded": pa.array(["x", "y", "x"] * 5).dictionary_encode(),
        "nothing": pa.nulls(15),
    }
)


def stream(table: pa.Table = TABLE, compression: str | None = None, most: int = 4) -> bytes:
    """The table as a stream of batches of so many rows."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=most)
    return sink.getvalue()


def read(content: bytes, size: int = 1 << 20, longest: int = 1 << 20) -> pa.Table:
    """The rows of a stream that comes in pieces of so many bytes."""
    batches = Batches(longest)
    found = [one for at in range(0, len(content), size) for one in batches.feed(content[at : at + size])]
    batches.end()
    return pa.Table.from_batches(found, batches.schema)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_a_stream_in_pieces_is_the_stream(size: int, compression: str | None) -> None:
    """Dictionaries, nulls and packed buffers included."""
    assert read(stream(compression=compression), size).equals(TABLE)


def test_a_stream_may_end_without_saying_so() -> None:
    """As one whose writer was not closed does."""
    assert read(stream()[:-8]).equals(TABLE)


def test_dictionaries_that_change_are_followed() -> None:
    """One takes the place of another, or goes on."""
    for deltas in (False, True):
        sink, options = io.BytesIO(), pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
        parts = [
            pa.record_batch({"a": pa.array(texts).dictionary_encode()}) for texts in (["x"], ["x", "y"], ["x", "y"])
        ]
        with pa.ipc.new_stream(sink, parts[0].schema, options=options) as writer:
            for part in parts:
                writer.write_batch(part)
        assert read(sink.getvalue())["a"].to_pylist() == ["x", "x", "y", "x", "y"]


Broken = Callable[[bytes], Any]


@pytest.mark.parametrize(
    ("breaking", "told"),
    [
        (lambda _: b"", "no Arrow stream"),
        (lambda _: b"weight,colour\n1,red\n", "no Arrow stream"),
        (lambda _: b"abc", "no Arrow stream"),
        (lambda whole: whole[:-8] + b"abc", "cut off"),
        (lambda whole: whole[:-100], "cut off"),
        (lambda whole: whole[:20], "cut off"),
        (lambda _: b"\xff\xff\xff\xff\xff\xff\xff\x7f", "no Arrow stream"),
    ],
)
def test_what_is_no_stream_is_told(breaking: Broken, told: str) -> None:
    """In one sentence; one that only lacks its end is another thing."""
    with pytest.raises(MalformedTable, match=told):
        read(breaking(stream()))


def test_a_batch_is_bounded_packed_and_unpacked() -> None:
    """Zeros take a thousandth of their bytes once they are packed."""
    zeros = pa.table({"a": pa.array([0.0] * 100_000)})
    packed = stream(zeros, "zstd", 100_000)
    assert len(packed) < 10_000
    assert read(packed).num_rows == 100_000
    for content in (packed, stream(zeros, None, 100_000)):
        with pytest.raises(MalformedTable, match="write smaller ones"):
            read(content, longest=100_000)


def test_dictionaries_are_bounded_together_and_unpacked() -> None:
    """They are in memory with each batch, however few bytes packed them."""
    texts = pa.array(["x" * 100_000]).dictionary_encode()
    packed = stream(pa.table({str(column): texts for column in range(12)}), "zstd")
    assert len(packed) < 20_000
    assert read(packed, longest=1_300_000).num_rows == 1
    with pytest.raises(MalformedTable, match="write smaller ones"):
        read(packed, longest=1_000_000)


def test_dictionaries_without_a_batch_are_bounded() -> None:
    """Each takes the place of the one before it, and all of them wait for a batch."""
    table = pa.table({"a": pa.array(["x" * 100_000]).dictionary_encode()})
    schema, dictionary, _ = [bytes(one.serialize()) for one in pa.ipc.MessageReader.open_stream(stream(table))]
    batches = Batches(1_000_000)
    assert not list(batches.feed(schema + 9 * dictionary))
    with pytest.raises(MalformedTable, match="write smaller ones"):
        list(batches.feed(dictionary))


def test_a_dictionary_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large one before many small batches would take a second for each few thousand of them; places outside of it
    are found nevertheless."""
    coded = pa.table({"a": pa.array([str(number) for number in range(1000)] * 2).dictionary_encode()})
    content = stream(coded, most=1)
    looked: list[int] = []
    validate = Batches._validate

    def counted(batches: Batches, place: int, column: pa.Array) -> None:
        before = batches._valid.get(place)
        validate(batches, place, column)
        looked.extend(place for _ in range(batches._valid[place] is not before))

    monkeypatch.setattr(Batches, "_validate", counted)
    assert read(content).equals(coded)
    assert looked == [0]
    broken = bytearray(content)
    place = broken.rindex((999).to_bytes(4, "little") + bytes(4))
    broken[place : place + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(MalformedTable):
        read(bytes(broken))


def test_nothing_is_kept_behind_the_end() -> None:
    """Whatever else comes, in the same piece and after it."""
    batches = Batches()
    assert len(list(batches.feed(stream() + b"x" * 1000))) == 4
    assert not list(batches.feed(b"y" * 1000))
    assert not batches._held
    batches.end()


def test_rows_that_hold_nothing_are_bounded() -> None:
    """A few bytes claim any number of nulls."""
    with pytest.raises(MalformedTable):
        read(stream(pa.table({"a": pa.nulls(10**7)}), most=10**7))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_byte_that_is_changed_does_more_harm(data: st.DataObject) -> None:
    """The stream is read, or refused; nothing else is raised, and the process lives."""
    held = bytearray(stream(compression=data.draw(st.sampled_from((None, "lz4")))))
    for _ in range(data.draw(st.integers(1, 3))):
        held[data.draw(st.integers(0, len(held) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MalformedTable):
        read(bytes(held))
