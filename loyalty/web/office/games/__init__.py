"""Games: challenges and contests, instant wins, badges, and the tabs they share with prize draws."""
