"""`easd doctor`: what keeps clients from a server, found out from outside, and what to change."""
