"""CSV imports: the file, its columns, and what it may be sent as."""

import pytest

from .acting import Actor
from .importing import CSV, finished, import_csv

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_each_line_is_a_contact_and_the_heading_counts_as_an_item(actor: Actor) -> None:
    ended = finished(
        actor.granted(),
        import_csv(actor, "email,first_name\na@example.com,Ada\nb@example.com,Bo\n"),
    )

    assert ended["source_file_name"] == "people.csv"
    assert (
        ended["status"]["items_total_count"]
        == ended["status"]["items_completed_count"]
        == 3
    )
    assert ended["status"]["person_count"] == 2
    assert actor.contact("b@example.com")["first_name"] == "Bo"
    assert (
        actor.contact("b@example.com")["email_address"]["permission_to_send"]
        == "implicit"
    )


def test_marks_quotes_and_line_ends_of_spreadsheets_are_understood(
    actor: Actor,
) -> None:
    text = (
        '\ufeffemail,company_name,street\r\na@example.com,"Byron, ""King"" & Co","1'
        ' High St\r\nBath"\r\n\r\n'
    )
    finished(actor.granted(), import_csv(actor, text.encode()))
    contact = actor.contact("a@example.com")

    assert contact["company_name"] == 'Byron, "King" & Co'
    assert contact["street_addresses"][0]["street"] == "1 High St\r\nBath"


def test_an_empty_cell_changes_nothing(actor: Actor) -> None:
    actor.granted().sign_up("known@example.com", first_name="Ada")
    finished(
        actor,
        import_csv(actor, "email,first_name,last_name\nknown@example.com,,Byron\n"),
    )
    contact = actor.contact("known@example.com")

    assert (contact["first_name"], contact["last_name"]) == ("Ada", "Byron")


def test_birthdays_phone_and_custom_fields_are_taken(actor: Actor) -> None:
    text = "email,birthday_month,birthday_day,phone,cf:nickname,zip\na@example.com,02,29,123,Countess,01234\n"
    finished(actor.granted(), import_csv(actor, text))
    contact = actor.contact("a@example.com")

    assert (contact["birthday_month"], contact["birthday_day"]) == (2, 29)
    assert contact["phone_numbers"][0]["phone_number"] == "123"
    assert contact["custom_fields"][0]["value"] == "Countess"
    assert contact["street_addresses"][0]["postal_code"] == "01234"


def test_a_birthday_in_words_is_correctable(actor: Actor) -> None:
    ended = finished(
        actor.granted(),
        import_csv(
            actor, "email,birthday_month,birthday_day\na@example.com,February,29\n"
        ),
    )

    assert ended["activity_errors"] == ["Row 1: birthday_month is invalid"]
    assert ended["status"]["correctable_count"] == 1


def test_columns_of_the_json_import_alone_are_ignored(actor: Actor) -> None:
    finished(
        actor.granted(),
        import_csv(actor, "email,home_phone,shoe_size\na@example.com,123,43\n"),
    )

    assert actor.contact("a@example.com")["phone_numbers"] == []


def test_lines_longer_or_shorter_than_the_heading_are_read(actor: Actor) -> None:
    ended = finished(
        actor.granted(),
        import_csv(actor, "email,first_name\na@example.com\nb@example.com,Bo,more\n"),
    )

    assert ended["status"]["person_count"] == 2


def test_a_heading_alone_is_nothing_to_do(actor: Actor) -> None:
    ended = finished(actor.granted(), import_csv(actor, "email\n"))

    assert (ended["state"], ended["percent_done"], ended["status"]["person_count"]) == (
        "completed",
        100,
        0,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Email\na@example.com\n",
        "first_name\nAda\n",
        b"email\n\xff\xfe@example.com\n",
    ],
)
def test_a_file_nobody_can_be_found_in_is_a_400(
    actor: Actor, text: str | bytes
) -> None:
    assert import_csv(actor.granted(), text).status_code == 400


@pytest.mark.parametrize(("list_ids", "status"), [
    ("", 400), ("x", 400), (",".join([NOWHERE] * 51), 400), (NOWHERE, 404),
])  # fmt: skip
def test_lists_must_exist(actor: Actor, list_ids: str, status: int) -> None:
    assert (
        import_csv(
            actor.granted(), "email\na@example.com\n", list_ids=list_ids
        ).status_code
        == status
    )


def test_several_lists_are_separated_by_commas(actor: Actor) -> None:
    lists = [
        item["list_id"]
        for item in actor.granted().get("/contact_lists").json()["lists"][:2]
    ]
    finished(
        actor, import_csv(actor, "email\na@example.com\n", list_ids=",".join(lists))
    )

    assert actor.contact("a@example.com")["list_memberships"] == lists


def test_only_multipart_with_a_file_and_lists_is_taken(actor: Actor) -> None:
    lists = {"list_ids": actor.granted().first_list()}
    as_json = actor.call("POST", CSV, json=lists)
    as_form = actor.call("POST", CSV, data=lists)
    no_file = actor.call("POST", CSV, files={"list_ids": (None, lists["list_ids"])})
    no_lists = actor.call("POST", CSV, files={"file": ("people.csv", "email\n")})

    assert [each.status_code for each in (as_json, as_form, no_file, no_lists)] == [
        415,
        415,
        400,
        400,
    ]
    assert no_file.json()[0]["error_message"] == "file is missing"


def test_lines_beyond_40_000_are_dropped(actor: Actor) -> None:
    started = import_csv(actor.granted(), "email\n" + "a@example.com\n" * 40_001)

    assert started.json()["status"]["items_total_count"] == 40_000


def test_what_is_beyond_4_megabytes_is_dropped_with_the_line_it_began_in(
    actor: Actor,
) -> None:
    line = "a@example.com," + "x" * (10_000 - 15) + "\n"
    started = import_csv(actor.granted(), "email,street\n" + line * 401)

    assert len(line) == 10_000
    assert started.json()["status"]["items_total_count"] == 400
