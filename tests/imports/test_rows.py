"""What may stand in a row: every limit of the provider's import, and how values are
made plain.
"""

import pytest

from app.accounts.models import AccountField
from app.imports import columns, parts, values
from app.imports.cells import Bad
from app.imports.errors import ImportRejected
from app.imports.rows import Checker, Contact, Seen

FIELDS = [
    AccountField(label=name, type=type, details={"name": name.lower(), **more})
    for name, type, more in (
        ("Note", "string", {}),
        ("Since", "date", {}),
        ("At", "datetime", {}),
        ("Paid", "currency", {}),
        ("Vip", "boolean", {}),
        ("Size", "single_select", {"choices": ["Small", "Large"]}),
        ("Likes", "multi_select", {"choices": ["Tea", "Milk, cold", "Rum"]}),
    )
]


def checked(cells: dict[str, str], dates: str = "mdy") -> tuple[Contact, list[str]]:
    """The contact and the reasons for a row of these columns, with an address unless it
    is said.
    """
    cells = {"email": "a@example.com", **cells}
    contact, problems = Checker([*cells], [*cells], dates, FIELDS, padded=False).check(
        7, [*cells.values()]
    )
    assert all(
        each.line == 7 and "%(" not in each.sentence and each.sentence != each.reason
        for each in problems
    )
    contact.pop("email", None)
    return contact, [each.reason for each in problems]


@pytest.mark.parametrize(
    ("name", "cell", "sent"),
    [
        ("first_name", "  Zoë \u200b Ann\t", "Zoë Ann"),
        ("first_name", "=1+1", "=1+1"),
        ("street", "x" * 255, "x" * 255),
        ("first_name", "e\u0301" * 50, "é" * 50),
        ("phone", "+1 (555) 123-4567", "+1 (555) 123-4567"),
        ("birthday_month", "Feb", None),
        ("anniversary", "2/3/2001", "2001-02-03"),
        ("anniversary", "2001-2-3", "2001-02-03"),
        ("anniversary", "2001-02-03 04:05:00", "2001-02-03"),
        ("cf:note", "y" * 255, "y" * 255),
        ("cf:since", "2/3/2001", "2001-02-03"),
        ("cf:at", "2/3/2001 9:05", "2001-02-03T09:05:00"),
        ("cf:at", "2001-02-03", "2001-02-03T00:00:00"),
        ("cf:paid", "$1,234.50", "1234.50"),
        ("cf:paid", "12,5", "12.5"),
        ("cf:vip", "Yes", "true"),
        ("cf:vip", "0", "false"),
        ("cf:size", "large", "Large"),
        ("cf:likes", "rum; tea", "Rum, Tea"),
        ("cf:likes", "milk, cold", "Milk, cold"),
    ],
)
def test_values_are_made_plain(name: str, cell: str, sent: str | None) -> None:
    contact, problems = checked(
        {name: cell, **({"birthday_day": "29"} if name == "birthday_month" else {})}
    )

    assert problems == []
    assert contact == (
        {name: sent} if sent else {"birthday_month": 2, "birthday_day": 29}
    )


@pytest.mark.parametrize(
    ("name", "cell", "reason"),
    [
        ("email", "", "email_missing"),
        ("email", "ada", "email_invalid"),
        ("email", "a b@example.com", "email_invalid"),
        ("email", "Ada <a@example.com>", "email_invalid"),
        ("email", "ä@example.com", "email_invalid"),
        ("email", "a@b", "email_invalid"),
        ("email", '"a"@example.com', "email_invalid"),
        ("email", "x" * 39 + "@example.com", "too_long"),
        ("email", Bad("formula_without_value", "=…"), "formula_without_value"),
        ("first_name", "x" * 51, "too_long"),
        ("street2", "x" * 256, "too_long"),
        ("cf:note", "x" * 256, "too_long"),
        ("work_phone", "1" * 51, "too_long"),
        ("first_name", Bad("cell_error", "#N/A"), "cell_error"),
        ("anniversary", "13/13/2001", "not_a_date"),
        ("anniversary", "soon", "not_a_date"),
        ("anniversary", "2/3/01", "not_a_date"),
        ("anniversary", "2/30/2001", "not_a_date"),
        ("birthday", "2/30", "not_a_birthday"),
        ("birthday", "x", "not_a_birthday"),
        ("cf:since", "x", "not_a_date"),
        ("cf:at", "2001-02-03 25:00", "not_a_date"),
        ("cf:paid", "1,234,5", "not_a_number"),
        ("cf:vip", "maybe", "not_yes_or_no"),
        ("cf:size", "Medium", "not_a_choice"),
        ("cf:likes", "tea, coffee", "not_a_choice"),
    ],
)
def test_what_the_provider_would_not_take_is_told(
    name: str, cell: str, reason: str
) -> None:
    assert checked({name: cell})[1] == [reason]


def test_an_address_is_sent_as_it_was_written_but_for_its_domain() -> None:
    assert values.address("Ada.L+x@EXAMPLE.com") == "Ada.L+x@example.com"
    assert values.address("a@bücher.example.com") == "a@xn--bcher-kva.example.com"


@pytest.mark.parametrize(
    ("dates", "cell", "sent"),
    [
        ("mdy", "03/04/2026", "2026-03-04"),
        ("dmy", "03/04/2026", "2026-04-03"),
        ("ymd", "2026/03/04", "2026-03-04"),
        ("dmy", "2026-03-04", "2026-03-04"),
        ("dmy", "3.4.2026", "2026-04-03"),
    ],
)
def test_ambiguous_dates_are_read_in_the_order_that_was_chosen(
    dates: str, cell: str, sent: str
) -> None:
    assert checked({"anniversary": cell}, dates) == ({"anniversary": sent}, [])
    assert checked({"birthday": cell}, dates) == (
        {"birthday_month": int(sent[5:7]), "birthday_day": int(sent[8:])},
        [],
    )


def test_years_last_are_no_dates_when_years_are_said_to_be_first() -> None:
    assert checked({"anniversary": "03/04/2026"}, "ymd") == ({}, ["not_a_date"])


@pytest.mark.parametrize(
    ("month", "day", "reasons"),
    [
        ("", "", []),
        ("2", "29", []),
        ("2", "", ["half_a_birthday"]),
        ("", "3", ["half_a_birthday"]),
        ("2", "30", ["not_a_day"]),
        ("13", "1", ["not_a_month"]),
        ("1", "32", ["not_a_day"]),
    ],
)
def test_birthdays_come_in_pairs(month: str, day: str, reasons: list[str]) -> None:
    assert checked({"birthday_month": month, "birthday_day": day})[1] == reasons


def test_a_contact_has_three_phone_numbers() -> None:
    four = dict.fromkeys(
        ("home_phone", "work_phone", "mobile_phone", "other_phone"), "555"
    )

    assert checked({**four, "other_phone": ""})[1] == []
    # the plain one is of the other kind too
    assert checked({**four, "mobile_phone": "", "phone": "1"})[1] == []
    assert checked(four)[1] == ["too_many_phones"]


@pytest.mark.parametrize(
    ("cells", "padded", "reasons"),
    [
        (["a@example.com", "b"], False, []),
        (["a@example.com", "b", "", " "], False, []),
        (["a@example.com", "b", "c"], False, ["too_many_cells"]),
        (["a@example.com"], False, ["too_few_cells"]),
        (["a@example.com"], True, []),
        (["a@example.com", "b", "c"], True, ["too_many_cells"]),
    ],
)
def test_ragged_rows_are_told_but_where_the_format_itself_leaves_cells_out(
    cells: list[str], padded: bool, reasons: list[str]
) -> None:
    checker = Checker(
        ["Email", "Name"], ["email", "first_name"], "mdy", [], padded=padded
    )

    assert [each.reason for each in checker.check(2, cells)[1]] == reasons


@pytest.mark.parametrize(
    ("mapping", "door", "reason"),
    [
        (["first_name"], "json", "no_email_column"),
        (["email", "email"], "json", "target_twice"),
        (["email", "shoe_size"], "json", "unknown_target"),
        (["email", "work_phone"], "csv", "unknown_target"),
        (["email", "home_city"], "csv", "unknown_target"),
        (["email", "birthday_month"], "json", "half_a_birthday"),
        (
            ["email", "birthday", "birthday_month", "birthday_day"],
            "json",
            "half_a_birthday",
        ),
        (["email", *(f"cf:{n}" for n in range(26))], "json", "too_many_custom_fields"),
    ],
)
def test_a_mapping_that_will_not_do(mapping: list[str], door: str, reason: str) -> None:
    many = [
        AccountField(label=str(n), type="string", details={"name": str(n)})
        for n in range(26)
    ]

    with pytest.raises(ImportRejected, match=reason) as no:
        columns.check(mapping, columns.targets(many, door))
    assert "%(" not in no.value.sentence


def test_columns_are_guessed_by_their_headings() -> None:
    offered = columns.targets(FIELDS)

    assert columns.guess(
        [
            "E-Mail Address",
            "First Name",
            "Surname",
            "ZIP/Postal Code",
            "note",
            "Since",
            "?",
            "Cell",
            "email",
            "Date of birth",
        ],
        offered,
    ) == [
        "email",
        "first_name",
        "last_name",
        "zip",
        "cf:note",
        "cf:since",
        "",
        "mobile_phone",
        "",
        "birthday",
    ]


def test_headings_in_any_letters_are_guessed_by_all_of_them() -> None:
    offered = columns.targets(
        [AccountField(label="名前", type="string", details={"name": "cf_1"})]
    )

    assert columns.guess(["Email", "住所", "名前", "?"], offered) == [
        "email",
        "",
        "cf:cf_1",
        "",
    ]


@pytest.mark.parametrize(("door", "most"), [("json", 40_000), ("csv", 39_999)])
def test_parts_are_cut_by_rows_and_by_bytes_of_the_whole_body(
    door: str, most: int
) -> None:
    lists = ["x" * 36] * 50
    for filler, by_bytes in (("", False), ("ü" * 250, True)):
        splitter, made = parts.Splitter(door, ["email", "street"], 40_000), []
        for number in range(50_000):
            full = splitter.add(
                {
                    "email": f"p{number}@example.com",
                    **({"street": filler} if filler else {}),
                }
            )
            made += [full] if full else []
        made += [rest] if (rest := splitter.rest()) else []

        bodies = [
            (
                parts.json_body(each.payload, lists)
                if door == "json"
                else parts.csv_file(each.payload)
            )
            for each in made
        ]
        assert sum(each.rows for each in made) == 50_000
        assert all(len(body) < 3_990_000 for body in bodies)
        assert by_bytes or made[0].rows == most
        assert not by_bytes or len(bodies[0]) > 3_890_000


def test_who_came_before_is_told_whatever_the_case() -> None:
    seen = Seen()

    assert [
        seen.before("A@example.com", 2),
        seen.before("b@example.com", 3),
        seen.before("a@EXAMPLE.com", 4),
    ] == [0, 0, 2]
    seen.close()
