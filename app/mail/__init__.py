"""Mails to owners and admins: stored first, then handed to the mail server.

Files in reading order:

- models: the rows of mails, and of what people were told
- outbox: a mail is stored with what it tells of
- sender: a mail that is due is sent
- message: one mail as a message
- smtp: the mail server

It knows addresses and texts, not accounts: whoever wants a mail sent words it. It may
use the ground only.
"""
