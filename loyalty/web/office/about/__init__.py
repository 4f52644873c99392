"""The pages about one member besides their story: what they have, whom they know, and what staff can do."""
