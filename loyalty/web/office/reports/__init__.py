"""Reports: the key figures with their charts, and the rows behind each."""
