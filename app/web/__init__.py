"""What every page needs, whoever it is for.

Read: access (who may open a page) → headers (security headers) → limits (requests by
network address) → cookies (of a trip) → max_length (of what is typed) → errors (a
page for each error) → i18n (language and time zone) → static_files (addresses of static
files by their digest). May touch `messages`,
`database` and `services`.
"""
