"""Imports by their pages: a file, its columns, the check, the button, what came of it,
and every way to leave.
"""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from urllib3.filepost import encode_multipart_formdata

from app.config.settings import Settings
from app.imports import queries, step
from app.simulator.server import Running
from tests.conftest import test_settings
from tests.dashboard.reading import text_of
from tests.imports.acting import Importing, people
from tests.world import ONE_DATABASE, World, csrf_of

LISTED = re.compile(r'<a href="(/imports/[\w-]{36})">')


@pytest.fixture
def settings(database: str, simulator: Running, data_dir: Path) -> Settings:
    return test_settings(
        database, simulator.url, data_dir, import_job_rows=5, import_mb=1
    )


class Desk:
    """Somebody at the pages of imports."""

    def __init__(self, world: World, role: str = "admin") -> None:
        self.world, self.browser, self.account = (
            world,
            world.signed_in(role),
            world.account(),
        )
        self.importing = Importing(world, self.account)
        self.csrf = csrf_of(self.browser.get("/accounts").text)

    def upload(self, file: str | bytes, name: str = "people.csv", **form: Any) -> Any:
        data = file.encode() if isinstance(file, str) else file
        return self.browser.post(
            "/imports",
            content_type="multipart/form-data",
            data={
                "csrf_token": self.csrf,
                "account": self.account.id,
                "file": (io.BytesIO(data), name),
                **form,
            },
        )

    def uploaded(self, file: str | bytes, name: str = "people.csv") -> str:
        """The address of its page."""
        answer = self.upload(file, name)
        assert answer.status_code == 303, text_of(answer.text)
        step.step()
        return str(answer.location)

    def post(self, address: str, **form: Any) -> Any:
        return self.browser.post(address, data={"csrf_token": self.csrf, **form})

    def read_again(self, address: str, **how: str) -> str:
        """The page once the file was read otherwise."""
        answer = self.post(f"{address}/read", **how)
        step.step()
        return str(self.browser.get(answer.location).text)

    def map(self, address: str, *columns: str, **form: Any) -> Any:
        return self.post(
            f"{address}/columns",
            **{f"column_{at}": name for at, name in enumerate(columns)},
            **{"lists": self.importing.lists, "dates": "mdy", "door": "json", **form},
        )

    def checked(self, file: str) -> str:
        address = self.uploaded(file)
        assert self.map(address, "email", "first_name").status_code == 303
        while step.step():
            pass
        return address

    def words(self, address: str) -> str:
        return text_of(self.browser.get(address).text)

    def followed(self, address: str) -> None:
        self.importing.followed(queries.one(address.rpartition("/")[2]))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_file_goes_the_whole_way(desk: Desk) -> None:
    file = (
        "E-mail;Vorname;Noise\n"
        + "".join(f"p{n}@example.com;Zoë {n};x\n" for n in range(11))
        + "opted-out@example.com;Max;x\nnobody;;x\np3@EXAMPLE.com;;x\n"
    )
    address = desk.uploaded(file)
    mapping = desk.browser.get(address).text
    checking = desk.map(address, "email", "first_name", "")
    while_checking = desk.browser.get(address).text
    while step.step():
        pass
    checked = desk.words(address)
    problems = desk.browser.get(f"{address}/problems.csv")
    begun = desk.post(f"{address}/begin")
    sending = desk.browser.get(address).text
    desk.followed(address)
    done, listed = desk.words(address), desk.words("/imports")

    assert "CSV. Encoding: UTF-8." in text_of(mapping)
    assert "semicolon" in text_of(mapping).lower()
    assert re.search(
        r'<select[^>]*id="column_0".*?<option value="email" selected>', mapping, re.S
    )
    assert "Zoë 0" in mapping
    assert (checking.status_code, checking.location) == (303, address)
    assert 'hx-trigger="every 2s"' in while_checking
    assert '<noscript><meta http-equiv="refresh"' in while_checking
    assert "Rows 14 Ready to import 12 With problems 1 Duplicates 1" in checked
    for notice in (
        "people who gave you permission",
        "These contacts get implicit permission",
        "Latchkey records no consent of theirs",
        "who unsubscribed are skipped",
    ):
        assert checked.index(notice) < checked.index("Import 12 contacts")
    assert problems.headers["Content-Type"].startswith("text/csv")
    assert problems.data.decode("utf-8-sig").count("\r\n") == 3
    assert begun.location == address
    assert "Cancel" in sending
    assert (
        "12 contacts were added or updated. 1 of them wasn’t added to the lists" in done
    )
    assert "The uploaded file was deleted." in done
    assert "people.csv" in listed
    assert "Done" in listed
    assert desk.importing.there() == {f"p{n}@example.com" for n in range(11)}


@ONE_DATABASE
@pytest.mark.parametrize(
    ("file", "name", "sentence"),
    [
        (b"", "people.csv", "This file is empty."),
        (b"%PDF-1.7 x", "people.csv", "This is a PDF."),
    ],
)
def test_what_is_obviously_no_table_is_refused_at_its_field(
    desk: Desk, file: bytes, name: str, sentence: str
) -> None:
    answer = desk.upload(file, name)

    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert re.search(
        r'<input[^>]*id="file"[^>]*file-error[^>]*aria-invalid="true"', answer.text
    )
    assert f'<option value="{desk.account.id}" selected>' in answer.text
    assert LISTED.search(answer.text) is None


@ONE_DATABASE
def test_what_cannot_be_read_says_so_on_its_page_and_is_replaced_there(
    desk: Desk,
) -> None:
    answer = desk.upload(b"PK\x03\x04 nothing", "people.xlsx")
    waiting = desk.browser.get(answer.location).text
    too_early = [
        desk.post(f"{answer.location}/{verb}")
        for verb in ("columns", "read", "begin", "discard")
    ]
    step.step()
    progress = desk.browser.get(f"{answer.location}/progress?state=reading")
    broken = desk.browser.get(answer.location).text
    seen = desk.world.signed_in("viewer").get(answer.location).text
    wrong = desk.upload(b"%PDF-1.7 x", replaces=answer.location.rpartition("/")[2])
    after = desk.upload(people(2), replaces=answer.location.rpartition("/")[2])

    assert ("The file is uploaded. Latchkey will read it in a moment.") in text_of(
        waiting
    )
    assert '<noscript><meta http-equiv="refresh"' in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert {one.status_code for one in too_early} == {303}
    assert progress.headers["HX-Refresh"] == "true"
    assert "This file couldn’t be read" in text_of(broken)
    assert "damaged, incomplete, or has an unusual format" in text_of(broken)
    assert "The uploaded file was deleted." in text_of(broken)
    assert "Discard" in text_of(broken)
    assert "<form" in broken.partition("Upload another file")[2]
    assert "Upload another file" not in seen
    assert 'name="replaces"' in wrong.text
    assert after.status_code == 303
    assert desk.browser.get(answer.location).status_code == 404
    assert len(LISTED.findall(desk.browser.get("/imports").text)) == 1


@ONE_DATABASE
def test_neither_file_nor_account_is_told_at_both(desk: Desk) -> None:
    answer = desk.browser.post(
        "/imports", content_type="multipart/form-data", data={"csrf_token": desk.csrf}
    )
    strange = desk.upload(people(2), account="nobody")

    assert (answer.status_code, strange.status_code) == (422, 422)
    assert "Choose a file." in answer.text
    assert "Choose the account" in answer.text
    assert "Choose a file." not in strange.text


@ONE_DATABASE
def test_too_large_a_file_is_told_in_words_and_only_this_page_takes_files(
    desk: Desk, visitor: FlaskClient
) -> None:
    large = b"Email\n" + b"zoe@example.com\n" * 80_000
    body, kind = encode_multipart_formdata(
        {
            "csrf_token": desk.csrf,
            "account": desk.account.id,
            "file": ("people.csv", large),
        }
    )
    answer = desk.browser.post("/imports", content_type=kind, data=body)
    elsewhere = desk.browser.post(
        "/signups/refuse",
        content_type="multipart/form-data",
        data={"csrf_token": desk.csrf, "file": (io.BytesIO(b"x"), "x.csv")},
    )
    much = desk.browser.post(
        "/signups/refuse", data={"csrf_token": desk.csrf, "id": "x" * 70_000}
    )
    stranger = visitor.post("/imports", content_type=kind, data=body)
    forged = desk.browser.post(
        "/imports",
        content_type="multipart/form-data",
        data={
            "account": desk.account.id,
            "file": (io.BytesIO(people(2).encode()), "x.csv"),
        },
    )

    assert answer.status_code == 413
    assert "This file is larger than 1 MB." in text_of(answer.text)
    assert 'id="file-error"' in answer.text
    assert (
        elsewhere.status_code,
        much.status_code,
        stranger.status_code,
        forged.status_code,
    ) == (415, 413, 303, 400)
    assert LISTED.search(desk.browser.get("/imports").text) is None


@ONE_DATABASE
def test_what_is_wrong_with_the_columns_is_told_at_its_control(desk: Desk) -> None:
    address = desk.uploaded("A,B,C\np1@example.com,Zoë,x\n")
    answers = {
        what: desk.map(address, *columns, **form)
        for what, columns, form in (
            ("no address", ("", "first_name", ""), {}),
            ("twice", ("email", "first_name", "first_name"), {}),
            ("no list", ("email", "first_name", ""), {"lists": []}),
            ("no such", ("email", "nonsense", ""), {}),
        )
    }
    wrong = {
        what: re.findall(r'class="error-summary".*?<a href="#(\w+)"', answer.text, re.S)
        for what, answer in answers.items()
    }
    shown = desk.map(address, "email", "last_name", "first_name", do="preview")

    assert {answer.status_code for answer in answers.values()} == {422}
    assert wrong == {
        "no address": ["column_0"],
        "twice": ["column_2"],
        "no list": ["lists"],
        "no such": ["column_1"],
    }
    assert all(
        re.search(rf'id="{ids[0]}-error"', answers[what].text)
        for what, ids in wrong.items()
    )
    assert shown.status_code == 200
    assert "First name 2 p1@example.com Zoë x" in text_of(shown.text)
    assert "Choose columns" in desk.words("/imports")


@ONE_DATABASE
def test_a_file_is_read_with_another_encoding_or_sign(desk: Desk) -> None:
    address = desk.uploaded("Email;Vorname\np1@example.com;Zoë, Max\n".encode("cp1252"))
    no_text = desk.read_again(address, encoding="utf-16", delimiter=";")
    odd = desk.post(f"{address}/read", encoding="rot13", delimiter="e", sheet="x")
    step.step()
    pages = [
        desk.read_again(address, **how)
        for how in (
            {"encoding": "cp1252", "delimiter": ","},
            {"encoding": "cp1252", "delimiter": ";"},
        )
    ]

    assert "upload it again" in text_of(no_text)
    assert odd.status_code == 303
    assert [page.count('id="column_') for page in pages] == [1, 2]
    assert "Zoë, Max" in text_of(pages[1])


@ONE_DATABASE
def test_an_import_can_be_changed_cancelled_and_discarded(desk: Desk) -> None:
    address = desk.checked(people(12))
    changed = desk.browser.get(f"{address}?columns=").text
    desk.map(address, "email", "")
    cancelled = desk.post(f"{address}/cancel")
    after = desk.words(address)
    too_late = desk.post(f"{address}/begin")
    told = desk.words(address)
    gone = desk.post(f"{address}/discard")

    assert re.search(r'name="lists"[^>]*checked', changed)
    assert cancelled.location == address
    assert "This import was canceled" in after
    assert "Nothing was sent." in after
    assert too_late.status_code == 303
    assert "This import has moved on" in told
    assert gone.location == "/imports"
    assert desk.browser.get(address).status_code == 404
    assert desk.importing.posted() == []


@ONE_DATABASE
def test_cancelled_under_way_it_says_what_cannot_be_stopped(desk: Desk) -> None:
    address = desk.checked(people(12))
    desk.post(f"{address}/begin")
    step.step()
    desk.post(f"{address}/cancel")
    on_its_way = desk.words(address)
    desk.followed(address)

    assert "nothing more will be sent" in on_its_way
    assert "can’t stop a job" in on_its_way
    assert "This import was canceled" in desk.words(address)
    assert len(desk.importing.there()) == 5


@ONE_DATABASE
def test_what_did_not_come_through_is_sent_again(desk: Desk) -> None:
    address = desk.checked(people(7))
    desk.world.fault("/v3/activities/contacts_json_import", status=400, times=1)
    desk.post(f"{address}/begin")
    desk.followed(address)
    failed = desk.words(address)
    desk.post(f"{address}/try-again")
    desk.followed(address)

    assert "Import finished with errors" in failed
    assert "Constant Contact refused this part" in failed
    assert "Try again" in failed
    assert "7 contacts were added or updated." in desk.words(address)
    assert len(desk.importing.there()) == 7


@ONE_DATABASE
def test_a_page_under_way_asks_for_its_progress_until_the_state_is_another(
    desk: Desk,
) -> None:
    address = desk.checked(people(7))
    desk.post(f"{address}/begin")
    same = desk.browser.get(f"{address}/progress?state=sending")
    desk.followed(address)
    ended = desk.browser.get(f"{address}/progress?state=sending")

    assert "HX-Refresh" not in same.headers
    assert 'hx-trigger="every 2s"' in same.text
    assert "<html" not in same.text
    assert ended.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in ended.text


@ONE_DATABASE
def test_a_viewer_looks_and_decides_nothing(desk: Desk) -> None:
    uploaded, checked = desk.uploaded(people(2)), desk.checked(people(3))
    viewer = desk.world.signed_in("viewer")
    pages = {
        address: viewer.get(address).text for address in ("/imports", uploaded, checked)
    }
    posts = [
        viewer.post(address, data={"csrf_token": desk.csrf}).status_code
        for address in (
            "/imports",
            f"{checked}/begin",
            f"{checked}/cancel",
            f"{checked}/discard",
            f"{checked}/columns",
            f"{checked}/read",
            f"{checked}/try-again",
        )
    ]

    assert [
        re.findall(r'<form[^>]*action="(/imports[^"]*)"', page)
        for page in pages.values()
    ] == [[], [], []]
    assert "Ready to import 3" in text_of(pages[checked])
    assert set(posts) <= {400, 403}
    assert desk.importing.posted() == []


@ONE_DATABASE
def test_what_is_not_there_is_404(desk: Desk) -> None:
    nobody = "/imports/00000000-0000-4000-8000-000000000000"
    found = [
        desk.browser.get(f"{nobody}{part}").status_code
        for part in ("", "/progress", "/problems.csv")
    ]
    found += [
        desk.post(f"{nobody}/{verb}").status_code
        for verb in ("begin", "cancel", "discard", "try-again", "columns", "read")
    ]

    assert set(found) == {404}


@ONE_DATABASE
def test_names_in_a_file_are_shown_as_text(desk: Desk) -> None:
    address = desk.uploaded(
        "Email,<b>x</b>\np1@example.com,<script>1</script>\nbad,=1+1\n",
        "<img src=x>.csv",
    )
    page = desk.browser.get(address).text
    desk.map(address, "email", "first_name")
    while step.step():
        pass
    pages = page + desk.browser.get(address).text + desk.browser.get("/imports").text

    assert "<script>1" not in pages
    assert "<b>x" not in pages
    assert "<img src=x" not in pages
    assert "&lt;img src=x&gt;.csv" in pages


@ONE_DATABASE
def test_without_an_account_the_page_says_what_is_first(world: World) -> None:
    assert "First connect an account" in text_of(world.signed_in().get("/imports").text)
