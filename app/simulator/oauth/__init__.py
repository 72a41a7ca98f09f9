"""From an app's link or a device's code to tokens.

`authorize` or `activation`, `pages`, `token`, and beneath them `grants` and `devices`.
"""
