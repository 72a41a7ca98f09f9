"""Count what was accepted and what became of it, in constant time.

Read: counts (the balance, sign-ups by state, by form, by day) → rollup (what is final
is added up in the background) → account_ranking (accounts, those that need someone
first) → form_days (a form day by day)
→ attacks (a form beside its usual days) → period (some days in numbers) → search (find
sign-ups by name, address and account) → search_table (what is searched, filled in the
background) → search_index (parts of words). May touch `accounts`, `forms`, `signups`
and `delivery`, reading only.
"""
