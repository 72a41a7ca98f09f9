"""An uploaded file is looked at by a worker, whatever it is."""

import io
import time

import pytest

from app.imports import actions, claims, files, queries, upload
from app.imports.errors import ImportRejected
from tests.imports.acting import ADA, Importing
from tests.imports.jobs import TWELVE, left_of
from tests.imports.workbooks import GOOD
from tests.world import ONE_DATABASE, SharedClock

pytestmark = ONE_DATABASE


class Meter(io.BytesIO):
    """A file that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.pieces: list[int] = []

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.pieces.append(len(piece))
        return piece


@pytest.mark.parametrize("data", [TWELVE.encode() * 20_000, GOOD * 500], ids=len)
def test_a_request_reads_a_file_once_and_a_few_bytes_beforehand(
    importing: Importing, data: bytes
) -> None:
    file = Meter(data)
    made = queries.one(upload.receive(file, "people", importing.account.id, ADA))

    assert sum(file.pieces) <= len(data) + 3 * 4096
    assert max(file.pieces) <= files.PIECE
    assert (made.state, made.facts, made.columns) == ("reading", {}, [])
    assert left_of(made, files.FILE) == len(data) // files.PIECE + 1


def test_a_long_line_after_one_foreign_byte_takes_no_time(
    importing: Importing,
) -> None:
    data = b"\xe9" + b"a" * 1_000_000 + b"\n"
    began = time.thread_time()
    made = importing.upload(data)

    assert made.state == "unreadable"
    assert time.thread_time() - began < 5  # it was hours


def test_whoever_lost_it_while_reading_changes_nothing(importing: Importing) -> None:
    made = importing.stored(TWELVE)
    overslept = claims.claim(importing.world.clock.now())
    SharedClock.advance(seconds=claims.lease().total_seconds() + 1)
    made = importing.read(made)

    assert overslept
    assert made.state == "uploaded"
    with pytest.raises(claims.Lost), claims.holding(overslept):
        pass


def test_cancelled_while_it_is_read_nothing_is_kept(importing: Importing) -> None:
    made = importing.stored(TWELVE)
    job = claims.claim(importing.world.clock.now())
    actions.cancel(made.id, ADA)
    made = importing.again(made)

    assert job
    with pytest.raises(claims.Lost), claims.holding(job):
        pass
    assert (made.state, left_of(made, files.FILE)) == ("cancelled", 0)


def test_what_was_chosen_stays_where_it_cannot_be_read_otherwise(
    importing: Importing,
) -> None:
    made = importing.checked("Email,First name\np1@b.co,Zoë\n")
    chosen = list(made.columns)
    actions.read_again(made.id, encoding="utf-16", delimiter=";")
    while_reading = importing.again(made).state
    with pytest.raises(ImportRejected, match="wrong_state"):
        actions.begin(made.id, ADA)
    made = importing.read(made)

    assert while_reading == "reading"
    assert (made.state, made.reason) == ("uploaded", "wrong_encoding")
    assert (made.columns, made.facts["encoding"]) == (chosen, "utf-8")
    assert "wanted" not in made.facts
    assert left_of(made, files.FILE) == 1


def test_only_what_could_not_be_read_is_replaced(importing: Importing) -> None:
    good = importing.upload(TWELVE)
    broken = importing.upload(b"PK\x03\x04 half a workbook")
    for made in (good, broken):
        actions.discard_unreadable(made.id)
    actions.discard_unreadable("nobody")

    assert broken.state == "unreadable"
    assert importing.again(good).state == "uploaded"
    with pytest.raises(LookupError):
        queries.one(broken.id)
