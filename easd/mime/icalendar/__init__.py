"""iCalendar (RFC 5545): events, tasks and notes read from it and written as it, without loss.

`read` and `write` are for events, `tasks` for tasks and notes, `file` for whole files; `rows` and `series` say which
property is what, one row a property; what an item has no place for is kept beside it by `keeping`.
"""
