"""A refusal, worded for whoever uploaded the file or pressed the button."""

from typing import Any


class ImportRejected(Exception):
    """The file or the action is refused.

    `reason` is one of `words.imports.SENTENCES`, `values` what its sentence names.
    """

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values

    @property
    def sentence(self) -> str:
        # here: whoever reads files in a process of its own has no use for sentences
        from app.messages import imports as said

        return said.sentence(self.reason, self.values)
