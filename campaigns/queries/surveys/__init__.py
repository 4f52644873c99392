"""Reading surveys: what is asked, who is asked, what was answered, and what is wrong in words."""
