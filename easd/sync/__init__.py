"""The sync engine: what a device knows, what has changed since, and what to tell it. Pure: no clock, no store, no
wire.

One exchange on one collection, inside one transaction, goes so:

    opened = begin(state, key, view, epoch_source)                  # StaleKey: Status 3
    commands = Commands(opened.base, view, policy)                  # decide and apply what the client sent, one by one
    verdict = commands.add(client_id, digest)                       # or change(uid, digest), delete(uid)
    commands.done(verdict, uid, mod_seq)                            # after the write that the verdict asked for
    todo = plan(commands.after, view, cutoff, window, opened.scan_limit)
    take = todo.take(as_many_as_fitted_into_the_answer)
    state = commit(opened, take.after, commands.receipts)           # its `key` goes into the answer

Where there is nothing to say (no commands either way) `rest(opened, todo)` gives the state to store, if any, and the
key stays. Where the client wants no changes (GetChanges 0), there is no plan: `commands.after` is what is committed.
"""
