"""docs/workmail-api.md, out of the table of operations: `python -m tests.spec.workmail_table` writes it anew."""

from pathlib import Path

from easd.service.workmail.operations import OPERATIONS

FILE = Path(__file__).resolve().parents[2] / "docs" / "workmail-api.md"

_HEAD = """# The WorkMail API

easd answers the API of Amazon WorkMail (version 2017-10-01) in its wire form: POST to `/` of the same port, AWS JSON
1.1, AWS Signature Version 4 in the headers. boto3 and the AWS CLI work as they are:

```
eval "$(easd access-key create --role admin | sed 's/^/export /')"
aws workmail list-organizations --endpoint-url https://mail.example.org --region local
```

**Keys.** `easd access-key create --role ROLE [--organisation NAME]`; the secret is shown once and kept encrypted with
the server's key. Roles: `admin` (everything), `organisation-admin` (one organisation), `device-manager` (looks, and
says which devices come in: what an MDM needs), `read-only`. A key with `--organisation` sees no other. `disable` and
`remove` hold from the next request on. Every change is in `easd audit list --actor key:ID`.

**Signatures.** Any region; service `workmail`; the clock may differ by five minutes; `Host` and all `X-Amz-` headers
must be signed; signatures in the query, chunked and unsigned payloads, and session tokens are refused. A proxy in
front must pass `Host` on as it came. A request may be sent again within its five minutes, as at AWS: it says the same
again. Who guesses keys is slowed down as who guesses passwords (`auth.address_failures`), by ThrottlingException.

**What differs.** Who is created waits as DISABLED under an address in the default domain until RegisterToWorkMail
names another one. There is no directory beside the organisation: users, groups and resources are here alone. A
mailbox of who was deregistered is emptied after `upkeep.disabled_days`; that of a deleted user can be restored for
`upkeep.departed_days` (`easd user restore`). An operation is one transaction. AssumeImpersonationRole gives tokens that
count in ActiveSync. Rules and overrides for devices hold at once.
ARNs have the form `arn:aws:workmail:local:000000000000:organization/m-...`. Input is validated by AWS's own model;
what it does not allow is a ValidationException in its words.

"""


def text() -> str:
    """The page."""
    counts = dict.fromkeys(("done", "none here", "refused", "not applicable"), 0)
    rows = []
    for name, entry in sorted(OPERATIONS.items()):
        counts[entry.status] += 1
        rows.append(f"| {name} | {entry.level.value} | {entry.status} | {entry.reason} |")
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    head = f"## The {len(rows)} operations: {told}\n\n"
    note = (
        "None here: what the operation is about can only be made by one that is refused; lists are empty, what is "
        "asked for is not found, and deleting succeeds. Refused: "
        "UnsupportedOperationException where the model declares it or nothing better, else "
        "InvalidParameterException, with the reason as text; nothing is changed. Made from the table in\n"
        "`easd/service/workmail/operations.py` by `python -m tests.spec.workmail_table`.\n\n"
    )
    return f"{_HEAD}{head}{note}| operation | asks for | | why |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
