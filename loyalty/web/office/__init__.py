"""The dashboard's pages that span apps."""
