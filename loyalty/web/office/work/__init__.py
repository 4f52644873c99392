"""The daily work: what waits for staff, queue by queue."""
