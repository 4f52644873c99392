"""One way to edit anything that a programme document holds: forms made from the document's own types."""
