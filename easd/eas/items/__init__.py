"""The content classes: one table of properties each, and what makes the wire's values of the model's."""
