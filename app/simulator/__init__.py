"""A pretend Constant Contact, next door: it imports nothing of the rest of the app.

    from app.simulator.server import start        # in tests: a real HTTP server in a thread
    running = start(SimulatorSettings(), clock=Clock(stands_at=1_800_000_000))
    running.url, running.state, running.clock.advance(60), running.stop()

    serve("127.0.0.1", 8900, SimulatorSettings(state_file=Path("simulator.json")))   # for people, blocks

One host serves the sign-in, consent and `/activate` pages, `/oauth2/…`, `/v3/…`,
`/_control/…`, and for people the rehearsal board at `/` and the magic addresses at
`/magic`. How strict it is and why stands in the contract; where that is silent the
choice is written beside the code that makes it.

In reading order: `settings`, `models`, `activity`, `state`, `simulator` (all of it as
one object), `application` (what is served), `server`, `traffic` (every request passes),
then the rooms `oauth` (consent to tokens), `api` (`gate` first, then one file per
resource; `sign_up_form` is the one that matters, `magic` its trouble), `control`,
`board` (bad days as buttons), `seed`; `saving` keeps the state file: all of it but
older requests.

Always there (`seed`): four apps, client ids `11111111-1111-4111-8111-111111111111`
(secret `simulator-rotating-secret`), `22222222-2222-4222-8222-222222222222` (secret
`simulator-long-lived-secret`), `33333333-3333-4333-8333-333333333333` (public, PKCE)
and `44444444-4444-4444-8444-444444444444` (public, device flow), and seven accounts.
The food bank (`a07e1opnhnd4`) has Confirmed Opt-in on, the library (`a07e1frnlib5`) has
120 lists, `intern@mapleandrye.example` is a Campaign Creator,
`developer@sandbox.example` belongs to no account. Each account holds
`active@example.com`, `implicit@`, `pending@`, `opted-out@` (by the person), `removed@`
(by the account), `on-hold@`, `not-set@` and `deleted@example.com`, twelve neighbours,
one deleted list "Old Newsletter", a custom field of every type, three tags, three
sender addresses (one unconfirmed), and the segments `1` (who may be mailed) and `2`
(new subscribers), each answered 202 at the first question. `neighbour1@example.org` has
one of everything, `neighbour2@` a phone for text messages.

A contact keeps up to 50 custom fields, as many as a sign-up may bring; the routes that
show contacts show the first 25. Nobody reads the mails that ask people back: use the
control API to say what they did.

The control API, JSON in and out; 400 `{"problem"}` says what is off, `?` marks what may
be left out:

GET  /_control/accounts -> {"accounts": [{"id", "name"}]}
GET  /_control/apps -> {"apps": [{"client_id", "client_secret", "redirect_uris", "refresh", "active", "flow"}]}: `flow`
    is "code", "pkce" or "device"; the secret of the last two is null
GET  /_control/logins -> {"logins": [{"name", "person", "account", "role", "user_id", "uid"}]}
POST /_control/grants {"account", "client_id", "scopes", "login"?} -> a token set, as if the owner, or `login`, had
    consented; `account` is null for the login that has none
GET  /_control/contacts?account= -> {"contacts": [whole contact resources]}
GET  /_control/requests?path= -> {"requests": [{"at", "method", "path", "query", "status", "client_id",
    "account"}], "total"}: oldest first, `at` in epoch seconds, status 0 when cut; no bodies, no tokens, the
    last 20,000; `path` keeps those ending so
POST /_control/faults {"route", "status" | "reset" | "latency_ms", "times"?, "when": "before"|"after",
    "method"?, "skip"?, "body"?, "content_type"?} -> {"faults"}: `route` is how the path begins or ends, or
    a pattern such as `*`; `latency_ms` may go with the others; `after` lets the call take effect first;
    without `times` until reset; `skip` lets so many calls pass before; a `body` that is text goes out as it
    is, as HTML unless `content_type` says otherwise
GET, DELETE /_control/faults -> {"faults"}: those in force; take all back
GET  /_control/clock -> {"now"}
POST /_control/clock {"advance": seconds} -> {"now"}
POST /_control/reset -> {"now"}: the seed, no faults, first settings, real time; a clock that a test brought
    and that is not our `Clock` keeps its time
GET, POST /_control/limits {"calls_per_second"?, "calls_per_day"?, "token_calls_per_second"?, "expires_in"?,
    "code_life"?, "grace"?, "mfa"?, "abuse_limit"?, "second_grant_replaces"?, "write_time"?, "import_wait"?,
    "import_rows_per_second"?, "token_info"?} -> all of them: read, or change any; null means no limit;
    `token_info` is "on", "forbidden" (403) or "gone" (404)
POST /_control/revoke {"account", "client_id"?, "access_tokens"?: true} -> {"revoked": count}
POST /_control/contacts {"account", "email", "status"} -> {"contact"}: status is a permission or "deleted"
POST /_control/lists {"account", "list_id", "deleted"?: true} -> {"list"}
POST /_control/fields {"account", "custom_field_id", "deleted"?: true} -> {"field"}
POST /_control/logins {"login", "role"} -> {"login"}
POST /_control/apps {"client_id", "active"?, "client_secret"?, "redirect_uris"?, "refresh"?} -> {"app"}
POST /_control/accounts {"account", "confirmed_opt_in"} -> {"account"}
POST /_control/activities {"account", "state", "activity_id"?} -> {"activity"} or {"next"}: end an import as
    "cancelled", "failed" or "timed_out": that one now, or the account's next one when half its rows are done
GET  /_control/magic -> {"grammar", "addresses": [{"name", "happens", "expect", "then_ok", "status"}]}: `status` is 0
    when cut, null when answered truly; `then_ok` null for a person who is known already
GET, POST /_control/rehearsals {"name", "choice"?, "on"?: true} -> {"rehearsals": [{"name", "title", "plays",
    "expect", "choices", "on": [choices in force, "" without]}]}: the board's bad days; begin one, or take it back
    with `on` false, all of them when unnamed

The board and the control API take no posts from pages of other sites. A magic address
chooses what one sign-up meets by the part before the @, in any letters' case:
`503-then-ok+zoe@example.com`.
"""

from app.simulator.application import make_app
from app.simulator.clock import Clock
from app.simulator.settings import SimulatorSettings

__all__ = ["Clock", "SimulatorSettings", "make_app"]
