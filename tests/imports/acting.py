"""Imports as tests upload, check, begin and follow them."""

import io
from collections.abc import Callable, Iterable
from typing import Any

from app.accounts.authorized_call import authorized_call
from app.accounts.models import Account
from app.constant_contact import activities
from app.imports import actions, queries, step
from app.imports import upload as imports_upload
from app.imports.models import ContactImport, ImportPart
from tests.world import SharedClock, World

JOB_ROWS = 5
ADA = "ada@example.com"


def people(count: int, begin: int = 0) -> str:
    """A CSV of so many contacts."""
    return "Email,First name\r\n" + "".join(
        f"p{n}@example.com,Zoë {n}\r\n" for n in range(begin, begin + count)
    )


class Importing:
    """One account, and imports into it."""

    def __init__(self, world: World, account: Account) -> None:
        self.world, self.account = world, account
        self.lists = [each.list_id for each in account.lists][:2]

    def upload(self, file: str | bytes, name: str = "people.csv") -> ContactImport:
        """A file that was uploaded and read."""
        return self.read(self.stored(file, name))

    def stored(self, file: str | bytes, name: str = "people.csv") -> ContactImport:
        """A file that was uploaded, and that no worker has read yet."""
        data = file.encode() if isinstance(file, str) else file
        return queries.one(
            imports_upload.receive(io.BytesIO(data), name, self.account.id, ADA)
        )

    def read(self, made: ContactImport) -> ContactImport:
        """The import once its file was read."""
        made = self.again(made)
        while made.state == "reading":
            step.step()
            made = self.again(made)
        return made

    def checked(
        self,
        file: str | bytes,
        columns: Iterable[str] = (),
        dates: str = "mdy",
        door: str = "json",
    ) -> ContactImport:
        """An uploaded file whose columns are chosen, by their headings unless said, and
        whose rows are checked.
        """
        made = self.upload(file)
        actions.map_columns(
            made.id,
            list(columns) or queries.guess(made),
            lists=self.lists,
            dates=dates,
            door=door,
        )
        while step.step():
            pass
        return self.again(made)

    def begun(self, file: str | bytes, **how: Any) -> ContactImport:
        made = self.checked(file, **how)
        assert made.state == "checked", made.sentence
        actions.begin(made.id, ADA)
        return self.again(made)

    def followed(
        self, made: ContactImport, holds: Callable[[ContactImport], bool] | None = None
    ) -> ContactImport:
        """The import when it has ended, or when something holds; the clock goes on
        whenever nothing is due.
        """
        for _ in range(400):
            step.step()
            made = self.again(made)
            if holds(made) if holds else made.due_at is None:
                return made
            if made.due_at and made.due_at > self.world.clock.now():
                SharedClock.advance(
                    seconds=(made.due_at - self.world.clock.now()).total_seconds()
                    + 0.01
                )
        raise AssertionError(f"it is still {made.state}: {made.sentence}")

    def done(self, file: str | bytes, **how: Any) -> ContactImport:
        return self.followed(self.begun(file, **how))

    def again(self, made: ContactImport) -> ContactImport:
        found: ContactImport = self.world.again(made)
        return found

    def parts(self, made: ContactImport) -> list[ImportPart]:
        return queries.parts(made.id)

    def problems(self, made: ContactImport) -> list[tuple[int, str, str]]:
        """(line, column, reason) of all that is wrong."""
        return [
            (each.line, each.column, each.reason) for each in queries.problems(made.id)
        ]

    def posted(self, door: str = "json") -> list[dict[str, Any]]:
        """The imports that the provider was sent, oldest first."""
        path = "contacts_json_import" if door == "json" else "contacts_file_import"
        return [
            each
            for each in self.world.calls(f"/activities/{path}")
            if each["method"] == "POST"
        ]

    def jobs(self) -> list[activities.Activity]:
        """Every job of the account, as the provider tells of it."""
        return authorized_call(self.account.id, activities.listed)

    def carried(self) -> int:
        """Rows in all of them together."""
        return sum(
            each.status["items_total_count"] - bool(each.source_file_name)
            for each in self.jobs()
        )

    def there(self) -> set[str]:
        """Addresses of imported people that the provider holds."""
        return {
            email
            for email in self.world.contacts(self.account)
            if email.startswith("p")
            and email.endswith("@example.com")
            and email[1:-12].isdigit()
        }
