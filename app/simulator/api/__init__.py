"""The V3 API.

Files in reading order:

- gate, roles: who may call
- bodies, questions, complaints, paging: what was sent, and what is wrong with it
- sign_up_form, sign_up_rules, abuse: the call that matters most
- upsert, consent, parts, references: a contact made or changed
- contacts, contact_filters, segments: contacts searched and read
- contact_writes, contact_rules, person_rules, replace: contacts written whole
- account, lists, fields, field_rules, tags, making: what an account has
- list_jobs: lists deleted, and contacts put on them
- emails: campaigns
- token_info: the scopes of a token
- imports: bulk jobs
"""
