"""What every page needs, whoever it is for.

Read: access (who may open a page) → headers (security headers) → limits (requests by
network address) → cookies (of a trip) → max_length (of what is typed) → posted
(where an answer to a post is opened again) → errors (a
page for each error) → i18n (language and time zone) → times (how a moment is written) →
static_files (addresses of static files by their digest). May touch `messages`,
`database` and `services`.
"""
