"""The owner's story: one click → a token set → refreshed for years.

Files in reading order:

- models: the rows
- api_key: the application at Constant Contact that this installation uses
- key_check: can what is stored be decrypted with the key at hand
- invitations: the links that owners connect by
- what_was_done: what came of the link that an owner was sent
- status_links: the links to owners' status pages
- oauth_transaction: one trip to the provider and back
- identity: whose account a token set is of
- kept_grant: a new token set, until it is known whose it is
- spare_grants: one of a failed connect, in case it ended the connection
- connecting: from an authorization code to a connected account
- privileges: what a login must be allowed to do
- tokens: an access token that works now
- token_refresh: one refresh, from its lease to what came of it
- token_store: the rows of token sets
- recovery: the end of an account's trouble
- authorized_call: a call with an account's token
- api_client, api_rate: the provider's client, and when it may call
- facts: an account's lists and custom fields as last read
- sender: the name and postal address behind its forms and mails
- sync: what is looked at once a day
- health: one word for an account's state
- offboarding: what ends when somebody is disabled
- disconnect: the end of a connection
- alerts: who is told of what happened

It may touch `constant_contact`, `mail` and `auth`. `forms` and `signups` see only
`facts` and `models`.
"""
