"""A file of existing contacts → the provider's bulk jobs → what came of them.

The import's row is the queue: `due_at` is also the lease, and every write of a worker
names its claim. Each part is in exactly one of the provider's activities, whichever
worker dies.

Files in reading order:

- models: the rows
- upload: a file comes in
- tables, cells: any file as a table of texts
- text: the rows of a CSV
- workbook, workbook_safety: the rows of an .xlsx, and what is refused before
- reading, reader_process: both where a hostile workbook can do no harm
- columns: what a column can become
- rows, values: a row as the provider takes it, or what is wrong with it
- actions: what people decide
- errors: their decision, or their file, refused in a sentence
- step: what a worker does next
- claims: who may act on an import
- looking: a file is looked at
- checking, parts: a file becomes parts
- sending, following: a part becomes an activity, and comes to its end
- status: what an import has come to
- files: the uploaded file in the database
- housekeeping: what is deleted when
- queries: what pages show

It may read an account's stored facts and call Constant Contact with its token. It knows
no page and no sign-up.
"""
