"""From an app's link or a device's code to tokens.

Files in reading order:

- authorize: an app's link
- activation: a device's code
- sessions, pages: a person signs in and consents
- token: the token endpoint
- clients, parameters: who asks, and what
- scopes: what can be asked for
- grants, devices: what one consent gives
- access_tokens: the tokens themselves
"""
