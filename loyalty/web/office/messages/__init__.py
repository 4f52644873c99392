"""Messages to members: which go out, in which words, what became of them, and newsletters."""
