"""A pretend Constant Contact, next door: it imports nothing of the rest of the app.

It is a real HTTP server. What it serves, its control API and the world at its start are
described in docs/simulator.md. How strict it is and why stands in the contract; where
that is silent the choice is written beside the code that makes it.

Files in reading order:

- settings, models, activity, state: what it holds
- simulator: all of it as one object
- clock, limits, keys: its time, its throttle, its signing key
- application: what is served
- server, traffic: the server, which every request passes
- headers, errors, front: what answers and pages have in common
- oauth: consent to tokens
- api: the V3 API
- magic: addresses that choose trouble
- control: the control API
- board: bad days as buttons
- seed: the world at the start
- saving: the state file
"""

from app.simulator.application import make_app
from app.simulator.clock import Clock
from app.simulator.settings import SimulatorSettings

__all__ = ["Clock", "SimulatorSettings", "make_app"]
