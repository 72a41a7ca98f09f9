"""Read and check the settings; no other folder looks at the environment.

Read: settings (every setting, from the environment or .env) → types (what a mail
address, a time zone or a database address must look like). May touch `core/crypto`, to
check keys.
"""
